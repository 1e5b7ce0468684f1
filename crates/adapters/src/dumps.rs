//! What this program's memory may be written to when it breaks: nothing.
//!
//! A core dump of a program that handles private keys is a file with private keys in it. Not here:
//! wiping keys after use, which is the `Secret` type's business.

/// Switches core dumps off for this process and what it starts, and on Linux keeps other programs
/// of the same user from attaching to it. To be called first thing.
///
/// # Errors
/// When the system refuses; the program can go on, and should say so.
#[cfg(unix)]
pub fn off() -> std::io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};

    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none)?;
    // The limit alone does not hold where the system pipes dumps to a program (man 5 core).
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// As on Unix; Windows writes no dump of a program that did not ask for one.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn off() -> std::io::Result<()> {
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

    #[test]
    fn afterwards_nothing_is_written_and_nobody_attaches() {
        assert_eq!(
            dumpable_behavior().unwrap(),
            DumpableBehavior::Dumpable,
            "as programs begin, or this test shows nothing"
        );
        super::off().unwrap();
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
        let limit = getrlimit(Resource::Core);
        assert_eq!((limit.current, limit.maximum), (Some(0), Some(0)));
    }
}
