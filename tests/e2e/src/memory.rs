//! What a process holds in its memory: everything it could have written a key into.
//!
//! Pages that only mirror a file are left out; what was never touched is not there to be read. Not
//! here: what is looked for.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use crate::{Result, Trouble};

const PAGE: u64 = 4096;

/// In an entry of `pagemap`: the page is in memory, or in swap.
const THERE: u64 = 0b11 << 62;

/// The process with this name, as the system shortens it, on a display.
///
/// # Errors
/// When there is none, or more than one.
pub fn process(name: &str, display: &str) -> Result<u32> {
    let on_display = format!("DISPLAY={display}\0").into_bytes();
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc")?.flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<u32>().ok())
        else {
            continue;
        };
        let read = |file: &str| std::fs::read(entry.path().join(file)).unwrap_or_default();
        let environment = read("environ");
        let named = read("comm").strip_suffix(b"\n") == Some(name.as_bytes());
        if named
            && environment
                .windows(on_display.len())
                .any(|part| part == on_display)
        {
            found.push(pid);
        }
    }
    match found[..] {
        [one] => Ok(one),
        _ => Err(Trouble::new(format!(
            "{} processes are called {name}",
            found.len()
        ))),
    }
}

/// Writes everything the process holds into `into`; how many bytes that was.
///
/// # Errors
/// When its memory cannot be read.
pub fn write_out(pid: u32, into: &mut impl Write) -> Result<u64> {
    let of = |file: &str| PathBuf::from(format!("/proc/{pid}/{file}"));
    let memory = File::open(of("mem"))?;
    let pages = File::open(of("pagemap"))?;
    let mut written = 0;
    for line in std::fs::read_to_string(of("maps"))?.lines() {
        if let Some((from, to)) = held(line) {
            written += write_range(&memory, &pages, from / PAGE, to / PAGE, into)?;
        }
    }
    Ok(written)
}

/// The range of a line of `maps`, where it is readable and not just a file's content.
fn held(line: &str) -> Option<(u64, u64)> {
    let mut words = line.split_whitespace();
    let (from, to) = words.next()?.split_once('-')?;
    let rights = words.next()?;
    let inode = words.nth(2)?;
    let may_hold = rights.starts_with('r') && (inode == "0" || rights.as_bytes()[1] == b'w');
    let number = |text| u64::from_str_radix(text, 16).ok();
    may_hold.then_some((number(from)?, number(to)?))
}

fn write_range(
    memory: &File,
    pages: &File,
    from: u64,
    to: u64,
    into: &mut impl Write,
) -> Result<u64> {
    /// So many pages are asked about at once.
    const AT_ONCE: u64 = 4096;
    let mut written = 0;
    let mut page = vec![0; usize::try_from(PAGE).unwrap_or_default()];
    for first in (from..to).step_by(usize::try_from(AT_ONCE).unwrap_or(1)) {
        let count = AT_ONCE.min(to - first);
        let mut entries = vec![0; usize::try_from(count * 8).unwrap_or_default()];
        // Special ranges have no entries; what is in them is the kernel's.
        if pages.read_exact_at(&mut entries, first * 8).is_err() {
            continue;
        }
        for (number, entry) in (first..).zip(entries.as_chunks::<8>().0) {
            let there = u64::from_le_bytes(*entry) & THERE != 0;
            // It may go away between the question and the reading.
            if there && memory.read_exact_at(&mut page, number * PAGE).is_ok() {
                into.write_all(&page)?;
                written += PAGE;
            }
        }
    }
    Ok(written)
}
