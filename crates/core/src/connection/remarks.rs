//! Findings that never decide the state, and the words for values and notices.

use super::Remark;
use super::judge::Case;
use crate::config::{ConfigPath, Purpose};
use crate::look::Look;

/// What people call one of the nine values.
pub fn short_name(path: ConfigPath) -> &'static str {
    match path {
        ConfigPath::SandboxApiKey => "sandbox API key",
        ConfigPath::SandboxPrivateKey => "sandbox private key",
        ConfigPath::ProductionApiKey => "production API key",
        ConfigPath::ProductionPrivateKey => "production private key",
        ConfigPath::ProjectId => "project id",
        ConfigPath::ProjectName => "project name",
        ConfigPath::DataSpaceId => "data space id",
        ConfigPath::DataSpaceName => "data space name",
        ConfigPath::DataSpaceType => "data space type",
    }
}

/// What people call a payments setting.
pub fn payment_name(path: &str) -> &'static str {
    match path.rsplit('/').next() {
        Some("sandbox_merchant_id") => "sandbox Payment Services ID",
        Some("production_merchant_id") => "production Payment Services ID",
        _ => "payment mode",
    }
}

/// What else is worth saying about an instance.
pub(super) fn notices(case: &Case<'_>, look: &Look, findings: &mut Vec<Remark>) {
    if look.looks_live()
        && case.instance.role != crate::instance::Role::Live
        && case.instance.answers.is_live.is_none()
    {
        findings.push(Remark::new(
            "looksLive",
            "It takes real payments but is not labelled live; it is treated as live until you answer.",
        ));
    }
    for twin in case.twins {
        findings.push(Remark::new(
            "sameIdentity",
            format!(
                "It has the database and install date of {twin}, but another base URL or database server. Is it the same instance, or a copy? Until you answer, both count as two."
            ),
        ).with("other", twin));
    }
    for purpose in case.gone {
        findings.push(Remark::new(
            "assignedPairGone",
            format!(
                "The {purpose} pair assigned to it is not kept here any more; assign another one."
            ),
        ).with("kind", purpose.as_str()));
    }
    if has_on_copy(case, look) {
        findings.push(Remark::new(
            "productionPairOnCopy",
            "It is a copy and holds a production pair.",
        ));
    }
    if case.assigned.is_none() && case.expected.is_empty() && !look.values.is_empty() {
        findings.push(Remark::new(
            "notAssigned",
            "Nothing is assigned to it yet; adopt it to watch it.",
        ));
    }
    if look.flow.is_some_and(|flow| flow.failing_since.is_some()) {
        findings.push(Remark::new(
            "exportFailing",
            "Its export logs tell of failures only since it last sent data to Adobe.",
        ));
    }
    for notice in &look.notices {
        let (code, detail) = (&notice.code, &notice.detail);
        let said = Remark::new(code, notice_text(code, detail));
        findings.push(match notice_word(code) {
            Some(name) if !detail.is_empty() => said.with(name, detail),
            _ => said,
        });
    }
}

/// G11: shown as long as it is so, also after it was confirmed.
fn has_on_copy(case: &Case<'_>, look: &Look) -> bool {
    case.instance.is_copy()
        && look
            .values
            .contains_key(&Purpose::Production.private_key_path())
}

/// What a notice's detail is called in its sentence; `None` for those that have none.
fn notice_word(code: &str) -> Option<&'static str> {
    match code {
        "plaintextRow" | "oldCryptKey" | "undecryptable" => Some("value"),
        "wrongOwner" => Some("owner"),
        "gatewayLocked" | "saasPairUnusual" | "scopedRow" => Some("detail"),
        _ => None,
    }
}

fn notice_text(code: &str, detail: &str) -> String {
    let text = match code {
        "importPending" => {
            "Its configuration files were changed and not imported (app:config:import)."
        }
        "schemaBehind" => "Its database schema is older than its code (setup:upgrade).",
        "wrongOwner" => "Some of its files belong to another user.",
        "plaintextRow" => "A key is stored unencrypted; apply the keys again.",
        "oldCryptKey" => {
            "A key is encrypted under an old crypt key; apply the keys again before that key is removed."
        }
        "undecryptable" => "A stored key cannot be decrypted; apply the keys again.",
        "gatewayLocked" => "Its gateway URL is set on the instance.",
        "saasPairUnusual" => "It uses the sandbox pair for Commerce Services.",
        "scopedRow" => {
            "A connector value exists in a website or store scope, where it has no effect."
        }
        "staleCache" => {
            "Its stored values are other than those in effect; it will change as soon as its configuration cache is cleaned."
        }
        _ => "Noticed on the instance.",
    };
    if detail.is_empty() {
        text.to_owned()
    } else {
        format!("{text} ({detail})")
    }
}
