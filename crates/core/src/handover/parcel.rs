//! What is inside a sealed hand-over: lines of text, filled up so that the file's length does not
//! tell how many keys there are.
//!
//! One line a fact, its name, a tab, its value; a line `key` begins each key. Names were cleaned
//! where they were typed and hold no line breaks. Not here: sealing and opening it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::{Zeroize as _, Zeroizing};

use super::ExportThere;
use super::code::to_digits;
use crate::config::Purpose;
use crate::id::{ApiKey, HandOverId, MageId};
use crate::secret::Secret;
use crate::text;

const FIRST_LINE: &str = "patchbay hand-over 1";
/// The length is a multiple of this, in bytes.
const STEP: usize = 32 * 1024;
/// The longest that is read, in bytes.
pub(super) const MAX: usize = 4 * 1024 * 1024;
/// The most keys in one parcel.
pub(super) const KEYS_MAX: usize = 500;

/// What is handed over.
pub(super) struct Parcel {
    /// The hand-over's id on both sides.
    pub(super) id: HandOverId,
    /// Who hands it over.
    pub(super) from: String,
    /// Whether the receiver takes the giver's place.
    pub(super) moving: bool,
    /// What the receiver shows when the keys are there.
    pub(super) receipt: String,
    pub(super) keys: Vec<ParcelKey>,
}

/// One key in it.
pub(super) struct ParcelKey {
    pub(super) account: String,
    pub(super) mage_id: Option<MageId>,
    pub(super) purpose: Purpose,
    pub(super) name: String,
    pub(super) api_key: ApiKey,
    pub(super) export: ExportThere,
    /// PKCS#8 DER.
    pub(super) private_key: Secret,
}

/// The receipt of a hand-over, made from random bytes that only the sealed file carries.
pub(super) fn receipt_from(random: &[u8; 32]) -> String {
    to_digits(random.get(..10).unwrap_or_default())
}

impl Parcel {
    /// As the bytes that are sealed.
    pub(super) fn to_bytes(&self) -> Secret {
        let body: usize = self
            .keys
            .iter()
            .map(|key| key.private_key.len() * 2 + 2_000)
            .sum();
        let capacity = (body + 4_000).next_multiple_of(STEP) + STEP;
        // Never grows, so that no copy of a key stays behind.
        let mut bytes = Vec::with_capacity(capacity);
        let mut line = |name: &str, value: &str| {
            for part in [name, "\t", value, "\n"] {
                bytes.extend_from_slice(part.as_bytes());
            }
        };
        line(FIRST_LINE, "");
        line("id", self.id.as_str());
        line("from", &self.from);
        line("moving", if self.moving { "yes" } else { "no" });
        line("receipt", &self.receipt);
        for key in &self.keys {
            line("key", "");
            line("account", &key.account);
            line("mage-id", key.mage_id.as_ref().map_or("", |id| id.as_str()));
            line("for", key.purpose.as_str());
            line("name", &key.name);
            line("api-key", key.api_key.as_str());
            line("export", key.export.as_str());
            let mut text = Zeroizing::new(STANDARD.encode(key.private_key.expose()));
            line("private-key", &text);
            text.zeroize();
        }
        line("end", "");
        let whole = bytes.len().next_multiple_of(STEP);
        bytes.resize(whole, b'\n');
        Secret::new(bytes)
    }

    /// Reads it back; `None` where it is anything else.
    pub(super) fn read(opened: &Secret) -> Option<Self> {
        if opened.len() > MAX {
            return None;
        }
        let text = std::str::from_utf8(opened.expose()).ok()?;
        let mut lines = Lines(text.split('\n'));
        lines.named(FIRST_LINE)?;
        let mut parcel = Self {
            id: HandOverId::parse(lines.named("id")?)?,
            from: text::name("the name", lines.named("from")?).ok()?,
            moving: match lines.named("moving")? {
                "yes" => true,
                "no" => false,
                _ => return None,
            },
            receipt: lines
                .named("receipt")
                .filter(|text| is_receipt(text))?
                .to_owned(),
            keys: Vec::new(),
        };
        loop {
            match lines.any()? {
                ("key", "") if parcel.keys.len() < KEYS_MAX => {
                    parcel.keys.push(ParcelKey::read(&mut lines)?);
                }
                ("end", "") => break,
                _ => return None,
            }
        }
        let filled_up = lines.0.all(str::is_empty);
        (filled_up && !parcel.keys.is_empty()).then_some(parcel)
    }
}

impl ParcelKey {
    fn read(lines: &mut Lines<'_>) -> Option<Self> {
        let account = text::name("the label", lines.named("account")?).ok()?;
        let mage_id = match lines.named("mage-id")? {
            "" => None,
            text => Some(MageId::parse(text).ok()?),
        };
        Some(Self {
            account,
            mage_id,
            purpose: Purpose::parse(lines.named("for")?)?,
            name: text::name("the name", lines.named("name")?).ok()?,
            api_key: ApiKey::parse(lines.named("api-key")?).ok()?,
            export: ExportThere::parse(lines.named("export")?)?,
            private_key: Secret::new(STANDARD.decode(lines.named("private-key")?).ok()?),
        })
    }
}

struct Lines<'a>(std::str::Split<'a, char>);

impl<'a> Lines<'a> {
    fn any(&mut self) -> Option<(&'a str, &'a str)> {
        self.0.next()?.split_once('\t')
    }

    fn named(&mut self, name: &str) -> Option<&'a str> {
        let (found, value) = self.any()?;
        (found == name).then_some(value)
    }
}

pub(super) fn is_receipt(text: &str) -> bool {
    text.len() == 16
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parcel(keys: usize) -> Parcel {
        let key = |n: usize| ParcelKey {
            account: "Nordlys".into(),
            mage_id: MageId::parse("MAG005500000").ok(),
            purpose: Purpose::Production,
            name: format!("Live {n}"),
            api_key: ApiKey::parse(&format!("{n:032x}")).unwrap(),
            export: ExportThere::Used,
            private_key: Secret::new(vec![u8::try_from(n % 251).unwrap(); 2_400]),
        };
        Parcel {
            id: HandOverId::from_random([3; 16]),
            from: "Ingrid".into(),
            moving: false,
            receipt: receipt_from(&[9; 32]),
            keys: (0..keys).map(key).collect(),
        }
    }

    #[test]
    fn it_comes_back_and_its_length_tells_little() {
        for keys in [1, 2, 60] {
            let bytes = parcel(keys).to_bytes();
            let back = Parcel::read(&bytes).unwrap();
            assert_eq!(back.keys.len(), keys);
            let last = back.keys.last().unwrap();
            let wanted = parcel(keys).keys.pop().unwrap();
            assert!(last.private_key.same_as(&wanted.private_key));
            assert_eq!((&last.name, last.export), (&wanted.name, ExportThere::Used));
            assert_eq!(back.receipt, receipt_from(&[9; 32]));
            assert_eq!(bytes.len() % STEP, 0);
        }
        let length = |keys| parcel(keys).to_bytes().len();
        assert_eq!(length(1), length(4), "one key or four look the same");
    }

    #[test]
    fn nothing_but_a_whole_parcel_is_read() {
        let text = |bytes: &Secret| String::from_utf8(bytes.expose().to_vec()).unwrap();
        let good = text(&parcel(2).to_bytes());
        let read = |text: &str| Parcel::read(&Secret::new(text.as_bytes().to_vec())).is_some();
        assert!(read(&good));
        for (from, to) in [
            ("hand-over 1", "hand-over 2"),
            ("for\tproduction", "for\tboth"),
            ("export\tused", "export\tplenty"),
            ("moving\tno", "moving\tmaybe"),
            ("end\t", ""),
            ("from\tIngrid", "from\t"),
            ("mage-id\tMAG", "mage-id\tGAM"),
            ("name\tLive 1", "name\t\u{1b}[31m"),
            ("end\t\n", "end\t\nand more"),
        ] {
            assert!(!read(&good.replacen(from, to, 1)), "{from} -> {to}");
        }
        assert!(!read(&text(&parcel(0).to_bytes())), "without a key");
        assert!(!read(&text(&parcel(KEYS_MAX + 1).to_bytes())), "too many");
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Parcel::read(&Secret::new(bytes));
        }
    }
}
