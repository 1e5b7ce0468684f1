//! The one next step that belongs to a state, and what is known without asking anybody.
//!
//! Pure words; doing the step is another room's use case.

use super::{ConnectionState as State, Evidence, Verdict};
use crate::error::{Result, transport_next};
use crate::patchbay::Patchbay;
use crate::ports::clock::UnixMillis;

/// What to do next, for a window that has a button for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NextStep {
    /// Check it (again).
    Check,
    /// Look at the server's host key and trust it.
    TrustHostKey,
    /// Ask the host why the host key changed, before it is trusted.
    AskAboutHostKey,
    /// Renew the sign-in with the command that is named.
    RenewSignIn,
    /// Correct how to get there: target, port, user, root or PHP.
    CorrectWay,
    /// Somebody who runs the server has to do something.
    AskHost,
    /// A developer has to do something.
    AskDeveloper,
    /// Look at who it is and pin it again by its typed name.
    Repin,
    /// Choose key pairs and a data space.
    Assign,
    /// Look at the plan and push it.
    Plan,
    /// Choose a key pair that Adobe accepts.
    ChooseKeys,
    /// Give each instance a data space of its own, or disconnect the copy.
    ResolveConflict,
    /// Choose a data space that fits.
    ChooseDataSpace,
    /// Push what it should hold, or adopt what it holds.
    ReviewDrift,
    /// Set up the test sandbox or payments.
    SetUpPayments,
}

impl NextStep {
    /// The step about a verdict; `assigned` says whether it is decided what the instance should
    /// hold.
    pub fn of(verdict: &Verdict, assigned: bool) -> Self {
        match verdict.state {
            State::Unknown | State::Unverified => Self::Check,
            State::Unreachable => Self::of_trouble(&verdict.reason.code),
            State::DifferentInstance => Self::Repin,
            State::ConnectorMissing => match verdict.reason.code.as_str() {
                "rootMissing" | "notACommerceRoot" => Self::CorrectWay,
                _ => Self::AskDeveloper,
            },
            State::NotConnected | State::Incomplete if !assigned => Self::Assign,
            State::NotConnected | State::Incomplete => Self::Plan,
            State::AccountNotVerified => Self::ChooseKeys,
            State::DataSpaceConflict => Self::ResolveConflict,
            State::DataSpaceMismatch => Self::ChooseDataSpace,
            State::GatewayOverridden => Self::AskDeveloper,
            State::Drifted => Self::ReviewDrift,
            State::Connected => Self::SetUpPayments,
        }
    }

    /// The step about an instance that was not reached, by the error's code.
    fn of_trouble(code: &str) -> Self {
        match code {
            "hostKeyUnknown" => Self::TrustHostKey,
            "hostKeyChanged" => Self::AskAboutHostKey,
            "signInExpired" => Self::RenewSignIn,
            "unknownHost" | "connectionRefused" | "loginRefused" | "rootMissing"
            | "notACommerceRoot" | "permissionDenied" | "wrongOwner" | "phpMissing"
            | "phpUnsuitable" => Self::CorrectWay,
            "phpTraces" | "databaseDown" => Self::AskHost,
            "bootFailed" => Self::AskDeveloper,
            _ => Self::Check,
        }
    }
}

/// What to do next about a verdict, as one English sentence.
pub fn next_step(verdict: &Verdict) -> &'static str {
    match verdict.state {
        State::Unknown => "Check it.",
        State::Unreachable => transport_next(&verdict.reason.code),
        State::DifferentInstance => {
            "Look at it; if it is right, pin it again by typing its name (instance repin)."
        }
        State::ConnectorMissing => match verdict.reason.code.as_str() {
            code @ ("rootMissing" | "notACommerceRoot") => transport_next(code),
            _ => "Ask your developer to install and enable the connector, then check again.",
        },
        State::NotConnected => "Assign key pairs and a data space, look at the plan and push it.",
        State::Incomplete => "Look at the plan and push what is missing.",
        State::AccountNotVerified => {
            "Check the key pair in the API Portal, then assign and push a pair that Adobe accepts."
        }
        State::DataSpaceConflict => {
            "Give each instance a data space of its own, or disconnect the copy (detach)."
        }
        State::DataSpaceMismatch => "Assign a data space that fits this instance, and push it.",
        State::GatewayOverridden => "Ask your developer why, or name that gateway in the settings.",
        State::Drifted => "Look at the plan: push what it should hold, or adopt what it holds now.",
        State::Unverified => "Check it again.",
        State::Connected => "Set up your test sandbox or payments.",
    }
}

impl Patchbay {
    /// What the last check of every instance found, where there was one. Nobody is asked.
    ///
    /// # Errors
    /// When the records cannot be read.
    pub async fn evidence(&self) -> Result<Vec<Evidence>> {
        Ok(self.ports.records.evidence().await?)
    }

    /// What time it is by the wall clock.
    pub fn now(&self) -> UnixMillis {
        self.ports.clock.now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::Remark;

    fn verdict(state: State, code: &str) -> Verdict {
        Verdict {
            state,
            reason: Remark::new(code, "Something is so."),
            findings: Vec::new(),
        }
    }

    #[test]
    fn every_state_has_a_next_step_that_is_a_sentence() {
        for state in State::ALL {
            let step = next_step(&verdict(state, "anything"));
            assert!(step.ends_with('.'), "{state:?}: {step}");
        }
    }

    #[test]
    fn an_unreachable_instance_is_told_apart_by_its_reason() {
        let refused = next_step(&verdict(State::Unreachable, "connectionRefused"));
        let unknown = next_step(&verdict(State::Unreachable, "hostKeyUnknown"));
        assert_ne!(refused, unknown);
        assert!(unknown.contains("host-key show"));
    }
}
