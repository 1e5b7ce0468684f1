//! What the window may ask: one file per room, one short function per intent.
//!
//! A command translates, asks the core and translates back. Every one stands in three lists that a
//! test compares: here, `build.rs`, and `capabilities/main.json`; and the window's `ui/src/api`
//! asks for no other.

mod accounts;
mod connection;
mod creating;
mod demo;
mod exports;
mod handover;
mod instances;
mod journal;
pub(crate) mod keypairs;
mod moving;
mod page;
mod push;
mod registry;
mod replacing;
mod resync;
mod settings;

use patchbay_contract::error::IpcError;
use patchbay_core::Error;
use tauri::Runtime;
use tauri::ipc::Invoke;

/// Every command of the window.
#[expect(clippy::too_many_lines, reason = "a list, one line for each command")]
pub(crate) fn all<R: Runtime>() -> impl Fn(Invoke<R>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![
        accounts::add_account,
        accounts::list_accounts,
        connection::check_instances,
        connection::look_after,
        connection::stop_watching,
        connection::watch_records,
        creating::answer_origin,
        creating::close_portal,
        creating::complete_key_pair,
        creating::generate_key_pair,
        creating::keep_created_intake,
        creating::open_in_browser,
        creating::open_portal,
        creating::ways_to_create,
        demo::open_demo,
        exports::choose_key_file,
        exports::clear_clipboard,
        exports::copy_places,
        exports::copy_private_key,
        exports::waive_copy,
        handover::cancel_key_request,
        handover::forget_account,
        handover::keys_with,
        handover::list_hand_overs,
        handover::open_hand_over,
        handover::read_request_code,
        handover::request_keys,
        handover::seal_hand_over,
        handover::take_receipt,
        instances::accept_drift,
        instances::add_instance,
        instances::adopt_instance,
        instances::answer_about_instance,
        instances::edit_instance,
        instances::find_instances,
        instances::host_keys,
        instances::instance_page,
        instances::list_instances,
        instances::look_at_shop,
        instances::probe_instance,
        instances::remind_about_drift,
        instances::remove_instance,
        instances::repin_instance,
        instances::trust_host_key,
        journal::export_journal,
        journal::list_journal,
        journal::verify_journal,
        keypairs::confirm_intake,
        keypairs::discard_intake,
        keypairs::list_key_pairs,
        keypairs::paste_private_key,
        keypairs::pick_private_key,
        keypairs::receive_drops,
        keypairs::remove_key_pair,
        keypairs::stop_drops,
        keypairs::verify_key_pair,
        moving::move_instance,
        moving::plan_move,
        moving::plan_repair,
        moving::repair_instance,
        push::cancel_run,
        push::detach_instance,
        push::failed_of_last_push,
        push::plan_detach,
        push::plan_push,
        push::plan_undo,
        push::push_config,
        push::undo_push,
        registry::assign,
        registry::create_project,
        registry::list_data_spaces,
        replacing::abandon_replacement,
        replacing::begin_replacement,
        replacing::carry_replacement,
        replacing::choose_replacement,
        replacing::delete_at_adobe,
        replacing::key_pair_page,
        replacing::lose_key_pair,
        replacing::retire_key_pair,
        resync::resync_catalogue,
        settings::list_settings,
        settings::set_setting,
        settings::set_window_preferences,
        settings::window_preferences,
    ]
}

/// An error of the core as the window is told it. What the window cannot be told is logged here.
fn said(error: Error) -> IpcError {
    let told = IpcError::from(&error);
    if told == IpcError::Internal {
        tracing::error!(%error, "something failed that the window cannot be told");
    }
    told
}
