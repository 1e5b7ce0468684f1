//! A `php` that counts its starts, has the instance's variables and can keep a copy of its input.

use std::path::{Path, PathBuf};

use super::options::InstanceOptions;
use super::{GroundError, Result, programs};

/// The files around a wrapper.
#[derive(Clone, Debug)]
pub(super) struct Wrapper {
    pub(super) program: PathBuf,
    pub(super) starts: PathBuf,
    pub(super) stdin: PathBuf,
}

impl Wrapper {
    /// Writes the wrapper into `folder`.
    pub(super) fn write(folder: &Path, options: &InstanceOptions) -> Result<Self> {
        let wrapper = Self {
            program: folder.join("php"),
            starts: folder.join("php-starts"),
            stdin: folder.join("php-stdin"),
        };
        let php = word(&programs::require("php")?.display().to_string());
        let starts = path(&wrapper.starts);
        let mut text = String::from("#!/bin/sh\n");
        for (name, value) in &options.variables {
            text += &format!("export {name}={}\n", word(value));
        }
        if options.record_stdin {
            // Through a named pipe, so that the recorder cannot keep the connection open when php is done.
            text += &format!(
                "pipe={pipe}.$$\nmkfifo \"$pipe\"\nexec 3<&0\n\
                 tee -a {copy} <&3 >\"$pipe\" 2>/dev/null &\nrecorder=$!\nexec 3<&-\n\
                 {php} \"$@\" <\"$pipe\" &\nphp=$!\necho $php >>{starts}\n\
                 wait $php\ncode=$?\nkill \"$recorder\" 2>/dev/null\n\
                 rm -f \"$pipe\"\nexit $code\n",
                pipe = path(&folder.join("pipe")),
                copy = path(&wrapper.stdin),
            );
        } else {
            text += &format!("echo $$ >>{starts}\nexec {php} \"$@\"\n");
        }
        write_program(&wrapper.program, &text)?;
        Ok(wrapper)
    }
}

fn write_program(file: &Path, text: &str) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(file, text)
        .and_then(|()| std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)))
        .map_err(|error| GroundError::because("writing the php wrapper", error))
}

fn path(file: &Path) -> String {
    word(&file.display().to_string())
}

/// `text` as one word of a POSIX shell.
pub(super) fn word(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
