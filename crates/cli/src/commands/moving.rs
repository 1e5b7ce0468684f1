//! `move` and `repair`: plans of their own, carried out as any other.

use patchbay_core::Error;
use patchbay_core::id::{DataSpaceId, ProjectId};
use patchbay_core::push::order::{MoveTarget, OrderKind, PushOrder};

use super::Desk;
use super::push::{carry_out, needs_consent};
use super::start::{Needs, look_after};
use crate::args::{MoveArgs, RepairArgs};
use crate::exit::Done;

pub(super) async fn relocate(desk: &Desk, args: MoveArgs) -> Done {
    needs_consent(&args.consent, !args.consent.confirm.is_empty())?;
    let target = MoveTarget {
        sandbox: args.sandbox,
        production: args.production,
        project: ProjectId::parse(&args.project).map_err(Error::from)?,
        data_space: DataSpaceId::parse(&args.data_space).map_err(Error::from)?,
    };
    look_after(desk, Needs::Keychain).await?;
    let order = PushOrder::new(OrderKind::Move(Box::new(target)), vec![args.name]);
    // The typed name is the consent that a move asks for; without it nothing is written.
    let agreed = !args.consent.confirm.is_empty();
    carry_out(desk, order, args.consent, agreed).await
}

pub(super) async fn repair(desk: &Desk, args: RepairArgs) -> Done {
    needs_consent(&args.consent, false)?;
    look_after(desk, Needs::Keychain).await?;
    let order = PushOrder::new(OrderKind::Repair, vec![args.name]);
    carry_out(desk, order, args.consent, false).await
}
