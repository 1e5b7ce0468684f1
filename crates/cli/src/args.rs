//! The command line as clap reads it. Words only; what they may mean is checked by the core.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use patchbay_core::config::{Part, Purpose};
use patchbay_core::instance::Role;

pub(crate) mod handover;
pub(crate) mod instance;
mod journal;

pub(crate) use journal::{ExportFormat, JournalCommand, JournalFilterArgs};

/// Connect Adobe Commerce instances: keep key pairs safely, assign them with a data space, apply
/// them over SSH, and have Adobe's own answer as the proof.
#[derive(Debug, Parser)]
#[command(name = "patchbayctl", version, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) shared: Shared,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Args, Debug)]
pub(crate) struct Shared {
    /// Print one JSON document on stdout
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The folder where everything but private keys is kept
    #[arg(long, global = true, value_name = "DIR", env = "PATCHBAY_DATA_DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Ask this gateway about production keys
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) production_gateway: Option<String>,
    /// Ask this gateway about sandbox keys
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) sandbox_gateway: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Commerce accounts (MageIDs)
    #[command(subcommand)]
    Account(AccountCommand),
    /// Key pairs; private keys lie in the system's keychain
    #[command(subcommand)]
    Keypair(KeyPairCommand),
    /// Hand keys over to another computer, sealed; ask for some; know who has which
    #[command(subcommand, name = "handover")]
    HandOver(handover::HandOverCommand),
    /// Commerce instances and how to get there
    #[command(subcommand)]
    Instance(instance::InstanceCommand),
    /// The SSH host key of an instance's server
    #[command(subcommand)]
    HostKey(HostKeyCommand),
    /// Projects and data spaces in Adobe's registry
    #[command(subcommand)]
    Registry(RegistryCommand),
    /// Decide what an instance should hold; nothing changes on the server
    Assign(AssignArgs),
    /// Look at instances and have Adobe answer about the keys that are really there
    Check(CheckArgs),
    /// What differs from the assignment, and the answers to it
    Drift(DriftArgs),
    /// Look at a shop's address as its visitors do; nothing is kept
    Shop(ShopArgs),
    /// Preview what a push would change; nothing is written
    Plan(PlanArgs),
    /// Apply what is assigned
    Push(PushArgs),
    /// Remove keys and SaaS identifier from a copy
    Detach(DetachArgs),
    /// Restore what an earlier entry replaced
    Undo(UndoArgs),
    /// Move one instance to another MageID: keys and data space in one
    Move(MoveArgs),
    /// Take an instance back to what it last held when it was proven
    Repair(RepairArgs),
    /// Send the catalogue again, after a change of data space
    Resync(ResyncArgs),
    /// The manual way, as one PHP file with its steps on top, for those who may not give SSH
    Recipe(RecipeArgs),
    /// Settings of this data directory
    #[command(subcommand)]
    Settings(SettingsCommand),
    /// What was done, by whom, and how it ended
    #[command(subcommand)]
    Journal(JournalCommand),
    /// How every instance stands, as a page or a table to be passed on
    Report(ReportArgs),
    /// Two merchants, six pretended instances and Adobe's side, inside this computer
    #[cfg(feature = "demo")]
    #[command(subcommand)]
    Demo(DemoCommand),
}

/// What to do with the demo.
#[cfg(feature = "demo")]
#[derive(Debug, Subcommand)]
pub(crate) enum DemoCommand {
    /// Start it, say where it listens, and keep it running until an interrupt
    Up,
    /// Play the main job on it, from six states to what each should be
    Run,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Add an account
    Add {
        /// What to call it
        #[arg(long)]
        label: String,
        /// Its MageID, where the registry does not say it
        #[arg(long, value_name = "MAG...")]
        mage_id: Option<String>,
    },
    /// Forget a merchant here: its instances, key pairs and private keys; nothing changes elsewhere
    Forget {
        /// The account's label
        label: String,
        /// The label once more
        #[arg(long, value_name = "LABEL")]
        confirm: Option<String>,
    },
    /// List the accounts
    List,
}

/// Which pair.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum For {
    /// Sandbox Keys
    Sandbox,
    /// Production Keys
    Production,
}

impl From<For> for Purpose {
    fn from(given: For) -> Self {
        match given {
            For::Sandbox => Purpose::Sandbox,
            For::Production => Purpose::Production,
        }
    }
}

/// A part of a plan.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Only {
    /// Both key pairs
    Keys,
    /// Project and data space
    DataSpace,
}

impl From<Only> for Part {
    fn from(given: Only) -> Self {
        match given {
            Only::Keys => Part::Keys,
            Only::DataSpace => Part::DataSpace,
        }
    }
}

/// What an instance is for.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum RoleWord {
    /// Real customers buy here
    Live,
    /// Will be live
    LiveNotOpenYet,
    /// A copy for trying things
    Staging,
    /// A developer's copy
    Development,
}

impl From<RoleWord> for Role {
    fn from(given: RoleWord) -> Self {
        match given {
            RoleWord::Live => Role::Live,
            RoleWord::LiveNotOpenYet => Role::LiveNotOpenYet,
            RoleWord::Staging => Role::Staging,
            RoleWord::Development => Role::Development,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyPairCommand {
    /// Keep a key pair you have: its private key goes to the keychain
    Import {
        /// The account's label
        #[arg(long)]
        account: String,
        /// What it was made for
        #[arg(long)]
        r#for: For,
        /// What to call it
        #[arg(long)]
        name: String,
        /// The public API key
        #[arg(long, value_name = "HEX", allow_hyphen_values = true)]
        api_key: String,
        /// The file that holds the private key; - for standard input
        #[arg(long, value_name = "FILE|-")]
        private_key: String,
    },
    /// Create a key pair at a portal that offers an API, and keep it
    Generate {
        /// The account's label
        #[arg(long)]
        account: String,
        /// What it is for
        #[arg(long)]
        r#for: For,
        /// What to call it
        #[arg(long)]
        name: String,
        /// The portal's address; the setting where it is left out
        #[arg(long, value_name = "URL")]
        portal: Option<String>,
        /// The file that holds the portal's sign-in; - for standard input
        #[arg(long, value_name = "FILE|-")]
        sign_in_file: String,
    },
    /// List the key pairs
    List,
    /// Ask Adobe about a key pair
    Verify {
        /// Its name or id
        name: String,
    },
    /// The instances that use a key pair
    WhereUsed {
        /// Its name or id
        name: String,
    },
    /// Replace a pair by another on every instance that uses it: look, one first, then the rest
    Rotate(handover::RotateArgs),
    /// Keep a pair that nobody uses any more for its history only
    Retire {
        /// Its name or id
        name: String,
    },
    /// Note that the private key of a pair is lost
    Lost {
        /// Its name or id
        name: String,
    },
    /// Whether a pair may be deleted at Adobe, and whether it was
    DeleteAtAdobe {
        /// Its name or id
        name: String,
        /// It was deleted there, where Adobe cannot be asked about it from here
        #[arg(long)]
        done: bool,
    },
    /// Write a note beside a key pair
    Note {
        /// Its name or id
        name: String,
        /// The note; empty takes it away
        #[arg(allow_hyphen_values = true)]
        text: String,
    },
    /// Remove a key pair from this computer; at Adobe nothing changes
    Remove {
        /// Its name or id
        name: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum HostKeyCommand {
    /// Show the host keys the server has now
    Show {
        /// The instance
        name: String,
    },
    /// Trust the host key with this fingerprint
    Trust {
        /// The instance
        name: String,
        /// As host-key show prints it
        #[arg(long, value_name = "SHA256:...", allow_hyphen_values = true)]
        fingerprint: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum RegistryCommand {
    /// The projects and data spaces of an account
    Projects {
        /// The account's label
        #[arg(long)]
        account: String,
    },
    /// Create a project with its standard data spaces
    CreateProject {
        /// The account's label
        #[arg(long)]
        account: String,
        /// What to call it
        #[arg(long)]
        name: String,
        /// Create one although the account has one
        #[arg(long)]
        again: bool,
    },
}

#[derive(Args, Debug)]
pub(crate) struct AssignArgs {
    /// The instance
    pub(crate) name: String,
    /// Its sandbox pair, by name or id
    #[arg(long, value_name = "KEYPAIR", required_unless_present = "production")]
    pub(crate) sandbox: Option<String>,
    /// Its production pair, by name or id
    #[arg(long, value_name = "KEYPAIR")]
    pub(crate) production: Option<String>,
    /// The project's id
    #[arg(long, value_name = "ID")]
    pub(crate) project: String,
    /// The data space's id
    #[arg(long, value_name = "ID")]
    pub(crate) data_space: String,
}

#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    /// The instances; all of them where none is named
    pub(crate) names: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct DriftArgs {
    /// The instance
    pub(crate) name: String,
    /// Make what it holds its assignment
    #[arg(long, conflicts_with = "later")]
    pub(crate) accept: bool,
    /// Tell me of this difference again in so many days, 1 to 30
    #[arg(long, value_name = "DAYS")]
    pub(crate) later: Option<u32>,
}

#[derive(Args, Debug)]
pub(crate) struct ShopArgs {
    /// Its address, such as https://shop.example/
    pub(crate) url: String,
}

#[derive(Args, Debug)]
pub(crate) struct PlanArgs {
    /// The instances; all that have an assignment where none is named
    pub(crate) names: Vec<String>,
    /// Only this part
    #[arg(long)]
    pub(crate) only: Option<Only>,
    /// Save the plan, for push --plan
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct RecipeArgs {
    /// The instance
    pub(crate) name: String,
    /// Only this part
    #[arg(long)]
    pub(crate) only: Option<Only>,
}

/// How a change is agreed to.
#[derive(Args, Debug)]
pub(crate) struct Consent {
    /// Do not show a plan and ask; needed off a terminal
    #[arg(long)]
    pub(crate) yes: bool,
    /// Confirm what a guard asks for, by the instance's name
    #[arg(long, value_name = "NAME")]
    pub(crate) confirm: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct PushArgs {
    /// The instances; all that have an assignment where none is named
    pub(crate) names: Vec<String>,
    /// Only this part
    #[arg(long)]
    pub(crate) only: Option<Only>,
    /// Apply exactly this saved plan
    #[arg(long, value_name = "FILE", conflicts_with_all = ["names", "only", "retry_failed"])]
    pub(crate) plan: Option<String>,
    /// Only the instances whose part of the last push failed
    #[arg(long, conflicts_with = "names")]
    pub(crate) retry_failed: bool,
    #[command(flatten)]
    pub(crate) consent: Consent,
}

#[derive(Args, Debug)]
pub(crate) struct DetachArgs {
    /// The instance
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) consent: Consent,
}

#[derive(Args, Debug)]
pub(crate) struct UndoArgs {
    /// The entry, as push and journal list show it
    #[arg(required_unless_present = "push", conflicts_with = "push")]
    pub(crate) entry: Option<String>,
    /// Every entry of this push
    #[arg(long, value_name = "ID")]
    pub(crate) push: Option<String>,
    #[command(flatten)]
    pub(crate) consent: Consent,
}

#[derive(Args, Debug)]
pub(crate) struct ReportArgs {
    /// As what; --json gives one JSON document instead
    #[arg(long, default_value = "html")]
    pub(crate) format: ReportFormat,
    /// Only this account, by its label
    #[arg(long, value_name = "LABEL")]
    pub(crate) account: Option<String>,
}

/// The form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// One page, complete in itself
    Html,
    /// Comma-separated values for a spreadsheet
    Csv,
}

#[derive(Args, Debug)]
pub(crate) struct MoveArgs {
    /// The instance
    pub(crate) name: String,
    /// The other account's sandbox pair, by name or id
    #[arg(long, value_name = "KEYPAIR")]
    pub(crate) sandbox: String,
    /// The other account's production pair, by name or id
    #[arg(long, value_name = "KEYPAIR")]
    pub(crate) production: String,
    /// The project's id
    #[arg(long, value_name = "ID")]
    pub(crate) project: String,
    /// The data space's id
    #[arg(long, value_name = "ID")]
    pub(crate) data_space: String,
    #[command(flatten)]
    pub(crate) consent: Consent,
}

#[derive(Args, Debug)]
pub(crate) struct RepairArgs {
    /// The instance
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) consent: Consent,
}

#[derive(Args, Debug)]
pub(crate) struct ResyncArgs {
    /// The instance
    pub(crate) name: String,
    /// Only this feed, as the instance names it; all it has where none is given
    #[arg(long, value_name = "F")]
    pub(crate) feed: Vec<String>,
    /// How long each feed may take, in minutes
    #[arg(long, value_name = "MIN", default_value_t = 240, value_parser = clap::value_parser!(u64).range(1..=1440))]
    pub(crate) minutes: u64,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SettingsCommand {
    /// List the settings
    List,
    /// Set one
    Set {
        /// Which
        key: String,
        /// To what
        #[arg(allow_hyphen_values = true)]
        value: String,
    },
}
