//! What goes into the one sealed line of a push.
//!
//! The format is ours: the first line repeats the run's nonce, then one line a value, path TAB
//! base64 of the value, or path TAB `-` to remove it, and at the end `payments` TAB `-` where every
//! row of the payments settings goes too. The program on the instance opens, checks and writes
//! exactly these. Not here: sealing (crypto port) and carrying (transport port).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroize;

use crate::config::ConfigPath;
use crate::id::Nonce;
use crate::secret::Secret;

/// One value to set or remove.
#[derive(Debug)]
pub struct Write {
    /// Where.
    pub path: ConfigPath,
    /// What; `None` removes it.
    pub value: Option<Secret>,
}

/// What becomes of the payments settings (P13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payments {
    /// They are not this push's business.
    Left,
    /// Every row that was there at `ready` goes, in whatever scope.
    Removed,
}

/// The word in front of what becomes of the payments settings.
const PAYMENTS: &str = "payments";

/// Encodes the values for sealing; nothing at all is the `go` of an undo.
pub fn encode(nonce: &Nonce, writes: &[Write], payments: Payments) -> Secret {
    let mut bytes = format!("{}\n", nonce.as_str()).into_bytes();
    for write in writes {
        bytes.extend_from_slice(write.path.as_str().as_bytes());
        bytes.push(b'\t');
        match &write.value {
            Some(value) => {
                let mut text = STANDARD.encode(value.expose());
                bytes.extend_from_slice(text.as_bytes());
                text.zeroize();
            }
            None => bytes.push(b'-'),
        }
        bytes.push(b'\n');
    }
    if payments == Payments::Removed {
        bytes.extend_from_slice(format!("{PAYMENTS}\t-\n").as_bytes());
    }
    Secret::new(bytes)
}

/// Reads back what [`encode`] wrote, as an instance does; `None` where it is anything else.
///
/// Only for the stand-ins: in the real world the program on the instance reads it.
#[cfg(any(test, feature = "fakes"))]
pub fn decode(opened: &Secret) -> Option<(Nonce, Vec<Write>, Payments)> {
    let text = std::str::from_utf8(opened.expose()).ok()?;
    let mut lines = text.strip_suffix('\n')?.split('\n');
    let nonce = Nonce::parse(lines.next()?)?;
    let mut writes: Vec<Write> = Vec::new();
    let mut payments = Payments::Left;
    for line in lines {
        let (path, value) = line.split_once('\t')?;
        if (path, value, payments) == (PAYMENTS, "-", Payments::Left) {
            payments = Payments::Removed;
            continue;
        }
        let path = ConfigPath::parse(path)?;
        if writes.iter().any(|write| write.path == path) {
            return None;
        }
        let value = match value {
            "-" => None,
            text => Some(Secret::new(STANDARD.decode(text).ok()?)),
        };
        writes.push(Write { path, value });
    }
    Some((nonce, writes, payments))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_lines_of_path_and_base64() {
        let nonce = Nonce::from_random([0; 16]);
        let writes = [
            Write {
                path: ConfigPath::SandboxApiKey,
                value: Some(Secret::new(b"abc".to_vec())),
            },
            Write {
                path: ConfigPath::ProjectId,
                value: None,
            },
        ];
        let text =
            String::from_utf8(encode(&nonce, &writes, Payments::Left).expose().to_vec()).unwrap();
        assert_eq!(
            text,
            format!(
                "{}\nservices_connector/services_connector_integration/sandbox_api_key\tYWJj\n\
                 services_connector/services_id/project_id\t-\n",
                "0".repeat(32)
            )
        );
    }

    #[test]
    fn what_was_encoded_reads_back_and_nothing_else_does() {
        let nonce = Nonce::from_random([3; 16]);
        let writes = [Write {
            path: ConfigPath::ProjectName,
            value: Some(Secret::new("店舗".into())),
        }];
        let (read, back, payments) = decode(&encode(&nonce, &writes, Payments::Removed)).unwrap();
        assert_eq!((read, payments), (nonce.clone(), Payments::Removed));
        assert_eq!(back.len(), 1);
        assert_eq!(back[0].path, ConfigPath::ProjectName);
        assert_eq!(back[0].value.as_ref().unwrap().expose(), "店舗".as_bytes());
        let nothing = decode(&encode(&nonce, &[], Payments::Left)).unwrap();
        assert!(nothing.1.is_empty() && nothing.2 == Payments::Left);
        for bad in [
            "",
            "x\n",
            &format!("{nonce}"),
            &format!("{nonce}\nno/such/path\tYQ==\n"),
            &format!("{nonce}\npayments\tYQ==\n"),
            &format!("{nonce}\npayments\t-\npayments\t-\n"),
        ] {
            assert!(
                decode(&Secret::new(bad.as_bytes().to_vec())).is_none(),
                "{bad:?}"
            );
        }
    }
}
