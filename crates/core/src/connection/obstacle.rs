//! Why Adobe gave no usable answer, told apart: a firewall, a proxy's page, an account that is
//! refused, a gateway that is busy.
//!
//! Pure words. A rejection of the keys is no obstacle but an answer ([`super::PairAnswer`]).

use super::Remark;
use crate::ports::gateway::GatewayError;

/// What stood between Adobe's gateway and us.
pub(crate) fn of_gateway(error: &GatewayError) -> Remark {
    match error {
        GatewayError::Unreachable { detail } => Remark::new(
            "gatewayUnreachable",
            format!(
                "Adobe's gateway could not be reached; a firewall may be in the way ({detail})."
            ),
        )
        .with("detail", detail),
        GatewayError::TimedOut => Remark::new(
            "gatewayTimedOut",
            "Adobe's gateway did not answer in time.",
        ),
        GatewayError::NotTheGateway { detail } => Remark::new(
            "notTheGateway",
            format!("Something else answered in Adobe's place, for example a proxy ({detail})."),
        )
        .with("detail", detail),
        GatewayError::Refused {
            status: status @ (401 | 403),
            detail,
        } => Remark::new(
            "accountRefused",
            format!(
                "Adobe refuses the account, not the keys ({status}: {detail}); the license owner can see in My Account whether it is suspended."
            ),
        )
        .with("status", status.to_string())
        .with("detail", detail),
        GatewayError::Refused { status, detail } => Remark::new(
            "gatewayTrouble",
            format!("Adobe's gateway answered with an error ({status}: {detail})."),
        )
        .with("status", status.to_string())
        .with("detail", detail),
        GatewayError::Rejected { kind, .. } => Remark::new(
            "pairRejected",
            format!("Adobe rejects the pair ({}).", kind.as_str()),
        ),
        GatewayError::NotFound => Remark::new(
            "dataSpaceNotTheirs",
            "Adobe knows no such data space for these keys.",
        ),
    }
}

/// Something about the token that was handed over, so that Adobe's answer would prove nothing.
pub(crate) fn of_token(text: impl Into<String>) -> Remark {
    Remark::new("tokenProvesNothing", text)
}

/// This computer's own clock is off by the gateway's, so that what is signed here proves nothing.
pub(crate) fn own_clock(ahead: i64) -> Remark {
    Remark::new(
        "ownClockOff",
        format!(
            "This computer's clock is {} by Adobe's; correct it, then check again.",
            off(ahead)
        ),
    )
    .with("seconds", ahead.to_string())
}

/// `3 min fast`, `40 s slow`.
pub(crate) fn off(ahead: i64) -> String {
    let way = if ahead < 0 { "slow" } else { "fast" };
    match ahead.unsigned_abs() {
        seconds @ 0..120 => format!("{seconds} s {way}"),
        seconds => format!("{} min {way}", seconds / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_obstacle_has_its_own_code() {
        let detail = || "x".to_owned();
        let all = [
            GatewayError::Unreachable { detail: detail() },
            GatewayError::TimedOut,
            GatewayError::NotTheGateway { detail: detail() },
            GatewayError::Refused {
                status: 403,
                detail: detail(),
            },
            GatewayError::Refused {
                status: 503,
                detail: detail(),
            },
            GatewayError::NotFound,
        ];
        let mut codes: Vec<String> = all.iter().map(|error| of_gateway(error).code).collect();
        codes.sort();
        codes.dedup();
        assert_eq!(codes.len(), all.len(), "{codes:?}");
    }

    #[test]
    fn clocks_are_told_in_words() {
        assert_eq!(off(-40), "40 s slow");
        assert_eq!(off(900), "15 min fast");
    }
}
