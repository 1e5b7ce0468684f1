//! Starts the shell; everything else is in the library beside it.

// A release on Windows has no console window behind the real one.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

fn main() -> std::process::ExitCode {
    patchbay_app::run()
}
