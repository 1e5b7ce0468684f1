//! The state machine itself: from what is known to a state, a reason and findings.
//!
//! Pure. Every rule that matches is collected in the order of the states; the first gives the
//! state, the others become findings.

use std::collections::BTreeMap;

use super::obstacle;
use super::others::Sharing;
use super::remarks::notices;
use super::shop;
use super::{AdobeProof, ConnectionState as State, DataSpaceAnswer, PairAnswer, Remark, Verdict};
use crate::config::{ConfigPath, Purpose};
use crate::error::{transport_code, transport_words};
use crate::fingerprint::ExactFingerprint;
use crate::id::{DataSpaceId, MageId};
use crate::instance::Instance;
use crate::look::{ConnectorModule, InstanceToken, Look};
use crate::ports::gateway::Rejection;
use crate::ports::storefront::ShopAnswer;
use crate::ports::transport::TransportError;
use crate::registry::DataSpaceType;
use crate::token;

pub use super::remarks::{payment_name, short_name};

/// Everything a judgement rests on.
#[derive(Debug)]
pub struct Case<'a> {
    /// Who is judged.
    pub instance: &'a Instance,
    /// What came of the last attempt to look; `None` where there never was one.
    pub contact: Option<Result<&'a Look, &'a TransportError>>,
    /// What Adobe answered after that look.
    pub adobe: Option<&'a AdobeProof>,
    /// Exact fingerprints of what it should hold; empty where nothing is assigned.
    pub expected: BTreeMap<ConfigPath, ExactFingerprint>,
    /// For which purposes the assigned pair is not in the records any more.
    pub gone: &'a [Purpose],
    /// The data space assigned to it.
    pub assigned: Option<&'a DataSpaceId>,
    /// Other instances that hold or are assigned the data space found here.
    pub others: &'a [Neighbour],
    /// Other instances with its identity but another base URL or server, not answered about (P12).
    pub twins: &'a [String],
    /// The MageID of its account, where known.
    pub mage_id: Option<&'a MageId>,
    /// Whether each gateway URL in effect there is one of our settings.
    pub own_gateways: bool,
    /// Whether the plain ids and type it shows are the ones it compares.
    pub consistent: bool,
    /// What its shop shows to visitors, where that is another data space.
    pub shop: Option<&'a ShopAnswer>,
}

/// Another known instance that has to do with the same data space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// Its name.
    pub name: String,
    /// Whether it is a live shop.
    pub live: bool,
    /// Whether the data space is assigned to it.
    pub assigned: bool,
}

/// Judges.
pub fn judge(case: &Case<'_>) -> Verdict {
    let mut matches: Vec<(State, Remark)> = Vec::new();
    let mut findings: Vec<Remark> = Vec::new();
    match case.contact {
        None => matches.push((
            State::Unknown,
            Remark::new("neverChecked", "It was never checked."),
        )),
        Some(Err(error)) => matches.push(unreached(error)),
        Some(Ok(look)) => {
            different(case, look, &mut matches);
            connector(look, &mut matches);
            values(look, &mut matches, &mut findings);
            rejected(case, look, &mut matches);
            conflict(case, look, &mut matches, &mut findings);
            mismatch(case, look, &mut matches, &mut findings);
            gateway(case, look, &mut matches);
            drift(case, look, &mut matches);
            if !look.values.is_empty() {
                unproven(case, look, &mut matches, &mut findings);
            }
            notices(case, look, &mut findings);
        }
    }
    let mut matches = matches.into_iter();
    let (state, reason) = matches
        .next()
        .unwrap_or_else(|| (State::Connected, proven(case)));
    let rest = matches.map(|(_, remark)| remark);
    Verdict {
        state,
        reason,
        findings: rest.chain(findings).collect(),
    }
}

fn proven(case: &Case<'_>) -> Remark {
    let both = case.adobe.is_some_and(|proof| {
        proof.sandbox == PairAnswer::Accepted && proof.production == PairAnswer::Accepted
    });
    if both {
        Remark::new(
            "bothAccepted",
            "Adobe accepted both pairs, signed on the instance.",
        )
    } else {
        Remark::new(
            "accepted",
            "Adobe accepted the pair in use, signed on the instance.",
        )
    }
}

fn unreached(error: &TransportError) -> (State, Remark) {
    let state = match error {
        TransportError::RootMissing | TransportError::NotACommerceRoot => State::ConnectorMissing,
        _ => State::Unreachable,
    };
    (
        state,
        transport_words(error).into_iter().fold(
            Remark::new(transport_code(error), capital(&error.to_string())),
            |remark, (name, word)| remark.with(name, word),
        ),
    )
}

/// A sentence of its own from an error's words.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let sentence: String = letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default();
    if sentence.ends_with(['.', '!', '?']) {
        sentence
    } else {
        sentence + "."
    }
}

fn different(case: &Case<'_>, look: &Look, matches: &mut Vec<(State, Remark)>) {
    let Some(pin) = &case.instance.pin else {
        return;
    };
    if pin.identity != look.pin.identity {
        matches.push((
            State::DifferentInstance,
            Remark::new(
                "identityChanged",
                "Database, table prefix or install date are not those of the instance that was added.",
            ),
        ));
    } else if pin.base_url != look.pin.base_url {
        matches.push((
            State::DifferentInstance,
            Remark::new(
                "baseUrlChanged",
                format!(
                    "Its base URL was {} and is now {}.",
                    pin.base_url, look.pin.base_url
                ),
            )
            .with("from", &pin.base_url)
            .with("to", &look.pin.base_url),
        ));
    }
}

fn connector(look: &Look, matches: &mut Vec<(State, Remark)>) {
    let remark = match look.connector {
        ConnectorModule::Enabled => return,
        ConnectorModule::Disabled => Remark::new(
            "moduleDisabled",
            "The module Magento_ServicesId is switched off.",
        ),
        ConnectorModule::Absent => Remark::new(
            "moduleAbsent",
            "The module Magento_ServicesId is not installed.",
        ),
    };
    matches.push((State::ConnectorMissing, remark));
}

fn values(look: &Look, matches: &mut Vec<(State, Remark)>, findings: &mut Vec<Remark>) {
    if look.connector != ConnectorModule::Enabled && look.values.is_empty() {
        return;
    }
    if look.values.is_empty() {
        matches.push((
            State::NotConnected,
            Remark::new("noValues", "None of the nine values is present."),
        ));
        return;
    }
    let used = look.saas_pair.clone().unwrap_or(Purpose::Production);
    let spare = used.other();
    let spare_absent = !has(look, spare.api_key_path()) && !has(look, spare.private_key_path());
    let leave_out = spare_absent && !pays_with(look, spare);
    let missing: Vec<ConfigPath> = ConfigPath::ALL
        .into_iter()
        .filter(|path| !has(look, *path))
        .filter(|path| !(leave_out && path.purpose() == Some(spare)))
        .collect();
    if !missing.is_empty() {
        matches.push((
            State::Incomplete,
            Remark::new("valuesMissing", format!("Missing: {}.", names(&missing)))
                .with("values", paths(&missing)),
        ));
    }
    if leave_out {
        findings.push(Remark::new(
            if spare == Purpose::Sandbox {
                "noSandboxPair"
            } else {
                "noProductionPair"
            },
            format!("It has no {spare} pair; Product Recommendations 4 and later want both."),
        ));
    }
}

/// What people call these values, one after the other.
fn names(values: &[ConfigPath]) -> String {
    let names: Vec<&str> = values.iter().copied().map(short_name).collect();
    names.join(", ")
}

/// These values' paths, for a remark's words.
fn paths(values: &[ConfigPath]) -> String {
    let paths: Vec<&str> = values.iter().map(|path| path.as_str()).collect();
    paths.join(",")
}

fn has(look: &Look, path: ConfigPath) -> bool {
    look.values.contains_key(&path)
}

fn pays_with(look: &Look, purpose: Purpose) -> bool {
    let mode = |row: &crate::look::ScopedValue| {
        row.path.ends_with("/method") && row.value == purpose.as_str()
    };
    let id = format!("/{purpose}_merchant_id");
    look.merchant_ids().any(|row| row.path.ends_with(&id))
        || (look.merchant_ids().next().is_some() && look.payments.iter().any(mode))
}

fn rejected(case: &Case<'_>, look: &Look, matches: &mut Vec<(State, Remark)>) {
    for purpose in [Purpose::Production, Purpose::Sandbox] {
        let signed = look.tokens.iter().find(|token| token.purpose == purpose);
        let answer = case.adobe.map(|proof| proof.pair(purpose));
        let remark = unreadable(look, purpose)
            .or_else(|| cannot_sign(look, purpose, signed?))
            .or_else(|| match answer {
                Some(PairAnswer::Rejected(kind)) => Some(
                    clock_skew(case, purpose, *kind, signed)
                        .unwrap_or_else(|| rejection(purpose, *kind)),
                ),
                _ => None,
            });
        matches.extend(remark.map(|remark| (State::AccountNotVerified, remark)));
    }
}

fn unreadable(look: &Look, purpose: Purpose) -> Option<Remark> {
    let path = [purpose.private_key_path(), purpose.api_key_path()]
        .into_iter()
        .find(|path| {
            look.values
                .get(path)
                .is_some_and(|value| value.looks_encrypted)
        })?;
    Some(
        Remark::new(
            "keyUnreadable",
            format!(
                "The {} is stored in a form the instance cannot decrypt; apply the keys again.",
                short_name(path)
            ),
        )
        .with("value", path.as_str()),
    )
}

fn cannot_sign(look: &Look, purpose: Purpose, signed: &InstanceToken) -> Option<Remark> {
    let why = signed.token.as_ref().err()?;
    has(look, purpose.private_key_path()).then(|| {
        Remark::new(
            "cannotSign",
            format!("The instance cannot sign with its {purpose} private key ({why})."),
        )
        .with("kind", purpose.as_str())
        .with("why", why)
    })
}

/// A signature refused while the token's time is off: the clock, not the key.
fn clock_skew(
    case: &Case<'_>,
    purpose: Purpose,
    kind: Rejection,
    signed: Option<&InstanceToken>,
) -> Option<Remark> {
    let expires = token::expiry(signed?.token.as_ref().ok()?)?;
    let proof = case.adobe?;
    // By the gateway's clock where it said its time: ours may be the one that is off.
    let ahead = proof.clock_ahead.unwrap_or(0);
    let off = expires - token::LIFETIME - proof.at.seconds() + ahead;
    (kind == Rejection::BadSignature && off.abs() > token::SKEW).then(|| {
        Remark::new(
            "clockSkew",
            format!(
                "Adobe rejects the {purpose} pair, and the instance's clock is {}; correct the clock first.",
                obstacle::off(off)
            ),
        ).with("kind", purpose.as_str()).with("seconds", off.to_string())
    })
}

/// What Adobe's rejection of the pair for a purpose means.
pub fn rejection(purpose: Purpose, kind: Rejection) -> Remark {
    let text = match kind {
        Rejection::UnknownApiKey => {
            format!(
                "Adobe does not know the {purpose} API key: it is wrong, deleted, or not a {purpose} key."
            )
        }
        Rejection::ApiKeyMissing => format!("The {purpose} API key is empty."),
        Rejection::BadSignature => {
            format!("The {purpose} private key does not match its API key.")
        }
        Rejection::TokenMissing => format!("The instance signed nothing with its {purpose} key."),
    };
    Remark::new(kind.as_str(), text).with("kind", purpose.as_str())
}

fn conflict(
    case: &Case<'_>,
    look: &Look,
    matches: &mut Vec<(State, Remark)>,
    findings: &mut Vec<Remark>,
) {
    let Some(here) = look.plain(ConfigPath::DataSpaceId) else {
        return;
    };
    let sharing = Sharing::of(here, case.assigned, case.instance.is_live(), case.others);
    let Some(remark) = sharing.remark() else {
        return;
    };
    if matches!(sharing, Sharing::Carries(_)) {
        matches.push((State::DataSpaceConflict, remark));
    } else {
        findings.push(remark);
    }
}

fn mismatch(
    case: &Case<'_>,
    look: &Look,
    matches: &mut Vec<(State, Remark)>,
    findings: &mut Vec<Remark>,
) {
    let mut push = |remark: Remark| matches.push((State::DataSpaceMismatch, remark));
    let set = look.plain(ConfigPath::DataSpaceType);
    let configured = set.and_then(DataSpaceType::parse);
    let mut proven = None;
    match case.adobe.map(|proof| &proof.data_space) {
        Some(DataSpaceAnswer::NotFound) => push(Remark::new(
            "dataSpaceNotTheirs",
            "Adobe knows no such data space for these keys.",
        )),
        Some(DataSpaceAnswer::Found {
            project,
            kind,
            mage_id,
        }) => {
            proven = Some(*kind);
            if look.plain(ConfigPath::ProjectId) != Some(project.as_str()) {
                push(Remark::new(
                    "notInProject",
                    "The data space is not in the project that is set.",
                ));
            }
            if set.is_some() && configured != Some(*kind) {
                push(
                    Remark::new(
                        "wrongType",
                        format!("The data space is of type {kind}, the instance says otherwise."),
                    )
                    .with("type", kind.as_str()),
                );
            }
            if let (Some(theirs), Some(ours)) = (mage_id, case.mage_id)
                && theirs != ours
            {
                push(another_account(theirs, ours));
            }
        }
        _ => {}
    }
    if set.is_some() && configured.is_none() && proven.is_none() {
        push(Remark::new(
            "unknownType",
            "The type of the data space is neither Production nor Testing.",
        ));
    }
    if let Some(kind) = proven.or(configured)
        && let Some(remark) = type_against_role(kind, case.instance, look)
    {
        let confirmed = kind == DataSpaceType::Testing
            && case.instance.answers.confirmed.iter().any(|id| id == "G4");
        if confirmed {
            findings.push(remark);
        } else {
            matches.push((State::DataSpaceMismatch, remark));
        }
    }
}

fn another_account(theirs: &MageId, ours: &MageId) -> Remark {
    Remark::new(
        "otherMageId",
        format!("The data space belongs to {theirs}, the account is {ours}."),
    )
    .with("theirs", theirs.as_str())
    .with("ours", ours.as_str())
}

/// G4 as a state. What looks live and is labelled a copy is held to both until G12 is answered.
fn type_against_role(kind: DataSpaceType, instance: &Instance, look: &Look) -> Option<Remark> {
    let open = instance.role.is_copy() && instance.answers.is_live.is_none() && look.looks_live();
    match kind {
        DataSpaceType::Production if instance.is_copy() => Some(Remark::new(
            "productionOnCopy",
            "A Production data space on a copy mixes test data into live data.",
        )),
        DataSpaceType::Testing if instance.is_live() || open => Some(Remark::new(
            "testingOnLive",
            "A live instance sends its data to a Testing data space.",
        )),
        _ => None,
    }
}

fn gateway(case: &Case<'_>, look: &Look, matches: &mut Vec<(State, Remark)>) {
    if !case.own_gateways {
        let hosts: Vec<&str> = look.gateways.values().map(String::as_str).collect();
        let hosts = hosts.join(" and ");
        matches.push((
            State::GatewayOverridden,
            Remark::new(
                "otherGateway",
                format!("The instance talks to {hosts}, which is not in your settings."),
            )
            .with("hosts", &hosts),
        ));
    }
}

fn drift(case: &Case<'_>, look: &Look, matches: &mut Vec<(State, Remark)>) {
    let differing: Vec<ConfigPath> = case
        .expected
        .iter()
        .filter(|(path, exact)| look.exact(**path) != Some(*exact))
        .map(|(path, _)| *path)
        .collect();
    if !differing.is_empty() {
        matches.push((
            State::Drifted,
            Remark::new(
                "differsFromAssignment",
                format!("Other than assigned: {}.", names(&differing)),
            )
            .with("values", paths(&differing)),
        ));
    }
}

fn unproven(
    case: &Case<'_>,
    look: &Look,
    matches: &mut Vec<(State, Remark)>,
    findings: &mut Vec<Remark>,
) {
    let used = match &look.saas_pair {
        Ok(used) => *used,
        Err(word) => {
            matches.push((
                State::Unverified,
                Remark::new(
                    "saasPairInvalid",
                    format!("magento_saas/environment is \"{word}\", which is not valid."),
                )
                .with("word", word),
            ));
            return;
        }
    };
    if let Some(answer) = case.shop {
        matches.push((State::Unverified, shop::another(answer)));
    }
    if !case.consistent {
        matches.push((
            State::Unverified,
            Remark::new(
                "contradictsItself",
                "The instance shows other values than it compares; look at it on the server.",
            ),
        ));
    }
    if look.credentials_type != "Magento_JWT" {
        matches.push((
            State::Unverified,
            Remark::new(
                "notKeyPairs",
                "The instance signs in by another way than key pairs (IMS).",
            ),
        ));
    }
    match case.adobe.filter(|proof| proof.by_instance_token) {
        Some(proof) => unproven_by(proof, used, matches, findings),
        None => matches.push((
            State::Unverified,
            Remark::new("noProof", "Adobe has not answered about it yet."),
        )),
    }
}

fn unproven_by(
    proof: &AdobeProof,
    used: Purpose,
    matches: &mut Vec<(State, Remark)>,
    findings: &mut Vec<Remark>,
) {
    if let Some(ahead) = proof.clock_ahead.filter(|ahead| ahead.abs() > token::SKEW) {
        matches.push((State::Unverified, obstacle::own_clock(ahead)));
    }
    match proof.pair(used) {
        PairAnswer::NotProvable(why) => matches.push((State::Unverified, why.clone())),
        PairAnswer::Absent => matches.push((
            State::Unverified,
            Remark::new(
                "pairAbsent",
                format!("The {used} pair, which the instance uses, is absent."),
            )
            .with("kind", used.as_str()),
        )),
        PairAnswer::Accepted | PairAnswer::Rejected(_) => {}
    }
    if let PairAnswer::NotProvable(why) = proof.pair(used.other()) {
        let other = used.other();
        findings.push(because(
            Remark::new(
                "otherPairNotProvable",
                format!("Not proven for the {other} pair: {}", why.text),
            )
            .with("kind", other.as_str())
            .with("why", &why.code),
            why,
        ));
    }
    if let DataSpaceAnswer::NotProvable(why) = &proof.data_space {
        matches.push((
            State::Unverified,
            because(
                Remark::new(
                    "dataSpaceNotProvable",
                    format!(
                        "Adobe gave no usable answer about the data space: {}",
                        why.text
                    ),
                )
                .with("why", &why.code),
                why,
            ),
        ));
    }
}

/// A remark whose `why` is another one's code, with that one's words beside its own.
fn because(remark: Remark, why: &Remark) -> Remark {
    let words = why.words.iter();
    words.fold(remark, |remark, (name, word)| {
        if remark.words.contains_key(name) {
            remark
        } else {
            remark.with(name, word)
        }
    })
}
