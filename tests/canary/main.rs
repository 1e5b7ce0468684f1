//! Looks for private keys in what is piped into it: `canary KEYFILE... < BYTES`.
//!
//! Prints how many different windows of the keys' private numbers were found, by guise, and how
//! many bytes were looked through, as one JSON document. For journeys that use built programs only.

use std::io::Read as _;

use patchbay_tests::canary::{Canary, Guise};

fn main() {
    let mut canary = Canary::default();
    let mut learned = 0;
    for file in std::env::args().skip(1) {
        canary.learn(&std::fs::read_to_string(file).expect("the key file can be read"));
        learned += 1;
    }
    assert!(learned > 0, "canary KEYFILE... < BYTES");
    let mut sweep = canary.sweep();
    let mut input = std::io::stdin().lock();
    let mut piece = vec![0; 1 << 20];
    loop {
        let read = input.read(&mut piece).expect("the input can be read");
        if read == 0 {
            break;
        }
        sweep.feed(&piece[..read]);
    }
    let found = serde_json::json!({
        "bytes": sweep.bytes(),
        "raw": sweep.found(Guise::Raw),
        "hex": sweep.found(Guise::Hex),
        "base64": sweep.found(Guise::Base64),
    });
    println!("{found}");
}
