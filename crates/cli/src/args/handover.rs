//! `handover` and the parts of `keypair` that replace a pair.

use clap::{Args, Subcommand};

use super::{Consent, For};

/// What to do about keys on other computers.
#[derive(Debug, Subcommand)]
pub(crate) enum HandOverCommand {
    /// Ask for keys: prints the code to send to their owner
    Request {
        /// The account's label; left out to move everything to this computer
        #[arg(long)]
        account: Option<String>,
        /// Only this pair; both where it is left out
        #[arg(long)]
        r#for: Vec<For>,
        /// Who asks, as the owner will see it
        #[arg(long, value_name = "NAME")]
        who: String,
    },
    /// Show what a request code asks for
    Read {
        /// The file that holds the code; - for standard input
        code: String,
    },
    /// Seal keys for the one who asked: only their Patchbay opens the file
    Seal {
        /// The file that holds the request code; - for standard input
        code: String,
        /// A key pair by name or id; those that fit where none is named
        #[arg(long, value_name = "KEYPAIR")]
        key: Vec<String>,
        /// Who hands them over, as the receiver will see it
        #[arg(long, value_name = "NAME")]
        from: String,
        /// Where the sealed file goes
        #[arg(long, value_name = "FILE")]
        out: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Open a sealed file that was made for a request of this computer
    Open {
        /// The file
        file: String,
    },
    /// List requests that wait, and who has which keys
    List,
    /// Give a request up
    Cancel {
        /// Its id
        request: String,
    },
    /// After a move: forget here what the new computer has
    Receipt {
        /// As the new computer shows it
        receipt: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// List every key that lay on somebody's computer
    Left {
        /// As list shows it
        peer: String,
        /// Look at the instances on them, and begin the replacement of each
        #[arg(long)]
        start: bool,
    },
}

/// Replacing a pair by another.
#[derive(Args, Debug)]
pub(crate) struct RotateArgs {
    /// The pair that goes, by name or id
    pub(crate) name: String,
    /// The pair that comes; left out to look at every instance before it is created
    #[arg(long, value_name = "KEYPAIR")]
    pub(crate) to: Option<String>,
    /// Stop after the first instance
    #[arg(long, requires = "to")]
    pub(crate) only_first: bool,
    /// Leave a replacement of which nothing was written yet
    #[arg(long, conflicts_with_all = ["to", "only_first"])]
    pub(crate) abandon: bool,
    #[command(flatten)]
    pub(crate) consent: Consent,
}
