//! A data directory that cannot be used: exit code 5, for every command, and nothing is made.

use std::os::unix::fs::symlink;

use crate::support::Room;

const COMMANDS: [&[&str]; 4] = [
    &["account", "list"],
    &["check"],
    &["push", "--yes"],
    &["journal", "list"],
];

fn refused_as(room: &Room, data: &str, code: &str) {
    for command in COMMANDS {
        let arguments = [&["--data-dir", data], command].concat();
        let (error, exit) = room.refused(&arguments);
        assert_eq!(
            (exit, error["code"].as_str()),
            (5, Some(code)),
            "{command:?}"
        );
    }
}

#[test]
fn a_link_is_not_followed() {
    let room = Room::new();
    let target = room.path().join("elsewhere");
    std::fs::create_dir(&target).unwrap();
    let link = room.path().join("link");
    symlink(&target, &link).unwrap();
    refused_as(&room, link.to_str().unwrap(), "dataDirectoryUnusable");
    assert_eq!(
        std::fs::read_dir(&target).unwrap().count(),
        0,
        "nothing was made behind the link"
    );
}

#[test]
fn a_file_or_a_place_where_nothing_can_be_made_is_unusable() {
    let room = Room::new();
    let file = room.path().join("file");
    std::fs::write(&file, "mine").unwrap();
    refused_as(&room, file.to_str().unwrap(), "dataDirectoryUnusable");
    assert_eq!(std::fs::read(&file).unwrap(), b"mine");
    if cfg!(target_os = "linux") {
        // Nobody can make a folder there, not even root, for whom other rights mean nothing.
        refused_as(&room, "/proc/patchbay-test/data", "dataDirectoryUnusable");
    }
}

#[test]
fn a_newer_database_is_left_alone() {
    let room = Room::with_account();
    let database = room.data().join("patchbay.db");
    let connection = rusqlite::Connection::open(&database).unwrap();
    connection
        .pragma_update(None, "user_version", 9_999)
        .unwrap();
    drop(connection);
    let before = std::fs::read(&database).unwrap();
    refused_as(&room, room.data().to_str().unwrap(), "dataDirectoryNewer");
    assert_eq!(std::fs::read(&database).unwrap(), before);
}

#[test]
fn a_damaged_database_is_said_to_be_damaged() {
    let room = Room::with_account();
    let database = room.data().join("patchbay.db");
    std::fs::write(
        &database,
        "this is no database at all, whatever its name may say",
    )
    .unwrap();
    let (_, code) = room.refused(&["account", "list"]);
    assert_eq!(code, 5);
}

#[test]
fn the_folder_is_closed_to_everybody_else() {
    use std::os::unix::fs::PermissionsExt as _;
    let room = Room::with_account();
    let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(room.data()), 0o700);
    assert_eq!(mode(room.data().join("patchbay.db")), 0o600);
}
