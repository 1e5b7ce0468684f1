//! What holds for every input, not only for the rows people thought of.

use crate::keys::{BEGIN, END, KEY, der_of, lines, pem, pkcs1_of, take, utf16};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use patchbay_core::keypair::intake::to_pem;
use proptest::prelude::*;
use proptest::sample::subsequence;

/// Damage to the text that leaves the key itself whole.
const DAMAGES: [fn(&str) -> String; 20] = [
    |text| text.replace('\n', "\r\n"),
    |text| text.replace('\n', "\r"),
    |text| text.replace('\n', "\\n"),
    |text| text.replace('\n', "\\r\\n"),
    |text| text.replace('\n', " "),
    |text| text.replace('\n', ""),
    |text| text.replace('\n', "\n\n"),
    |text| text.replace('\n', " \n"),
    |text| lines(text, |line| format!("    {line}")),
    |text| lines(text, |line| format!("> {line}")),
    |text| lines(text, |line| format!("\"{line}\" +")),
    |text| format!("\"{text}\""),
    |text| format!("export PRIVATE_KEY='{text}'\n"),
    |text| {
        format!(
            "{{\"key\": \"{}\"}}",
            text.replace('/', "\\/").replace('\n', "\\n")
        )
    },
    |text| text.replace("-----", "----"),
    |text| text.replace("-----", "–––"),
    |text| text.replace("-----", ""),
    |text| text.replace("-----BEGIN", "----- BEGIN"),
    |text| format!("Hello,\nhere is the key:\n{text}\nBest wishes\n"),
    |text| format!("\n\n\t{text}\n\n"),
];

/// How the text may be stored.
const ENCODINGS: [fn(&str) -> Vec<u8>; 6] = [
    |text| text.into(),
    |text| format!("\u{feff}{text}").into(),
    |text| utf16(text, false, true),
    |text| utf16(text, true, true),
    |text| STANDARD.encode(text).into(),
    |text| STANDARD.encode(utf16(text, false, true)).into(),
];

/// The key under each header in each format.
fn formats() -> [String; 4] {
    let pkcs1 = pkcs1_of(KEY);
    [
        KEY.into(),
        pem("RSA PRIVATE KEY", &pkcs1),
        pem("PRIVATE KEY", &pkcs1),
        pem("RSA PRIVATE KEY", &der_of(KEY)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_damage_in_any_order_gives_the_same_key(
        damages in subsequence((0..DAMAGES.len()).collect::<Vec<_>>(), 0..=7).prop_shuffle(),
        format in 0_usize..4,
        encoding in 0..ENCODINGS.len(),
    ) {
        let text = damages.iter().fold(formats()[format].clone(), |text, each| DAMAGES[*each](&text));
        let key = take(ENCODINGS[encoding](&text));
        prop_assert!(key.is_ok(), "{damages:?}: {:?}\n{text}", key.err());
        let key = key.unwrap();
        prop_assert_eq!(key.der.expose(), der_of(KEY));
        let pem = to_pem(&key.der);
        prop_assert_eq!(pem.expose(), KEY.trim_end().as_bytes());
    }

    #[test]
    fn any_bytes_at_all_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(take(bytes).is_err());
    }

    #[test]
    fn anything_between_marker_lines_does_no_harm(
        body in "[A-Za-z0-9+/=\\\\nru%<>\"' \n.*:-]{0,300}",
        header in prop::sample::select(vec!["", BEGIN, "-----BEGIN RSA PRIVATE KEY-----", "BEGIN EC PRIVATE KEY"]),
        footer in prop::sample::select(vec!["", END, "END CERTIFICATE"]),
    ) {
        let text = [header, &body, footer].join("\n");
        prop_assert!(take(text).is_err());
    }

    #[test]
    fn any_structure_inside_does_no_harm(
        mut der in Just(der_of(KEY)),
        changes in prop::collection::vec((0_usize..60, any::<u8>()), 1..4),
        binary: bool,
    ) {
        for (place, value) in changes {
            der[place] = value;
        }
        let input = if binary { der } else { pem("PRIVATE KEY", &der).into_bytes() };
        if let Ok(key) = take(input) {
            prop_assert_eq!(key.der.expose(), der_of(KEY));
        }
    }

    #[test]
    fn one_changed_byte_gives_the_same_key_or_none(place in 0..KEY.len(), value: u8) {
        let mut text = KEY.as_bytes().to_vec();
        text[place] = value;
        if let Ok(key) = take(text) {
            prop_assert_eq!(key.der.expose(), der_of(KEY));
        }
    }

    #[test]
    fn a_lost_part_gives_the_same_key_or_none(from in 0..KEY.len(), length in 1_usize..400) {
        let to = KEY.len().min(from + length);
        if let Ok(key) = take(format!("{}{}", &KEY[..from], &KEY[to..])) {
            prop_assert_eq!(key.der.expose(), der_of(KEY));
        }
    }

    #[test]
    fn no_error_repeats_what_was_brought(place in 0..KEY.len() - 1, value in any::<u8>()) {
        let mut text = KEY.as_bytes().to_vec();
        text[place] = value;
        if let Err(error) = take(text) {
            let said = format!("{error} {error:?}");
            let repeats = KEY.lines().filter(|line| !line.starts_with('-')).any(|line| {
                line.as_bytes().windows(8).any(|part| said.contains(std::str::from_utf8(part).unwrap()))
            });
            prop_assert!(!repeats, "{said}");
        }
    }
}
