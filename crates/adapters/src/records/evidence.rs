//! The last evidence about every instance, one JSON document each.
//!
//! The shapes here are the document's, so that the core's types can change without it.

use std::collections::BTreeMap;

use patchbay_core::config::{ConfigPath, Purpose};
use patchbay_core::connection::shop::ShopSeen;
use patchbay_core::connection::{
    AccountSync, AdobeProof, ConnectionState, DataSpaceAnswer, Evidence, PairAnswer, Remark, Seen,
    Verdict,
};
use patchbay_core::fingerprint::{ExactFingerprint, IdentityFingerprint};
use patchbay_core::id::{DataSpaceId, InstanceId, MageId, ProjectId};
use patchbay_core::instance::Pin;
use patchbay_core::look::{Flow, Versions};
use patchbay_core::ports::clock::UnixMillis;
use patchbay_core::ports::gateway::Rejection;
use patchbay_core::ports::storefront::{ShopAnswer, ShopChannel, StorefrontError};
use patchbay_core::registry::DataSpaceType;
use rusqlite::{Connection, Row, Transaction};
use serde::{Deserialize, Serialize};

use super::fault::Fault;

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    at: i64,
    state: String,
    reason: RemarkRow,
    findings: Vec<RemarkRow>,
    seen: Option<SeenRow>,
    adobe: Option<AdobeRow>,
    connected_at: Option<i64>,
    #[serde(default)]
    shop: Option<ShopRow>,
}

#[derive(Deserialize, Serialize)]
struct RemarkRow {
    code: String,
    text: String,
    #[serde(default)]
    words: BTreeMap<String, String>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct SeenRow {
    at: i64,
    identity: String,
    server: String,
    base_url: String,
    exact: BTreeMap<String, String>,
    plain: BTreeMap<String, String>,
    #[serde(default)]
    key_identity: BTreeMap<String, String>,
    data_space: Option<String>,
    #[serde(default)]
    used: Option<String>,
    #[serde(default)]
    flow: Option<FlowRow>,
    versions: VersionsRow,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct VersionsRow {
    magento: String,
    edition: String,
    services_id: String,
    services_connector: String,
    php: String,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct AdobeRow {
    production: PairRow,
    sandbox: PairRow,
    data_space: DataSpaceRow,
    at: i64,
    by_instance_token: bool,
    #[serde(default)]
    renewed_at: Option<i64>,
    #[serde(default)]
    clock_ahead: Option<i64>,
    #[serde(default)]
    account_sync: Option<SyncRow>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct SyncRow {
    status: String,
    updated_at: Option<String>,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct FlowRow {
    sent_at: Option<i64>,
    failing_since: Option<i64>,
}

/// Why there was no answer; before it had a code it was only a text.
#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum WhyRow {
    Coded(RemarkRow),
    Text(String),
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct ShopRow {
    at: i64,
    #[serde(default)]
    shown: Option<ShownRow>,
    #[serde(default)]
    silent: Option<SilentRow>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownRow {
    data_space: String,
    kind: Option<String>,
    channel: String,
}

#[derive(Deserialize, Serialize)]
struct SilentRow {
    code: String,
    detail: String,
}

#[derive(Deserialize, Serialize)]
#[serde(tag = "answer", content = "why", rename_all = "camelCase")]
enum PairRow {
    Accepted,
    Rejected(String),
    NotProvable(WhyRow),
    Absent,
}

#[derive(Deserialize, Serialize)]
#[serde(
    tag = "answer",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
enum DataSpaceRow {
    NotProvable {
        why: WhyRow,
    },
    NotFound,
    Found {
        project: String,
        kind: String,
        mage_id: Option<String>,
    },
}

/// All.
pub(super) fn all(db: &Transaction<'_>) -> Result<Vec<Evidence>, Fault> {
    let mut statement = db.prepare("SELECT instance, body FROM evidence ORDER BY instance")?;
    statement.query_and_then([], read)?.collect()
}

/// Replaces an instance's; nothing is kept of one that was removed meanwhile.
pub(super) fn save(db: &Connection, evidence: &Evidence) -> Result<(), Fault> {
    let body = serde_json::to_string(&document(evidence))
        .map_err(|error| Fault::failed(error.to_string()))?;
    db.execute(
        "INSERT INTO evidence (instance, body) SELECT id, ?2 FROM instances WHERE id = ?1
         ON CONFLICT (instance) DO UPDATE SET body = excluded.body",
        [evidence.instance.as_str(), &body],
    )?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Evidence, Fault> {
    let instance: String = row.get("instance")?;
    let body: String = row.get("body")?;
    let evidence = || {
        let document: Document = serde_json::from_str(&body).ok()?;
        Some(Evidence {
            instance: InstanceId::parse(&instance)?,
            at: UnixMillis(document.at),
            verdict: Verdict {
                state: ConnectionState::parse(&document.state)?,
                reason: remark(document.reason),
                findings: document.findings.into_iter().map(remark).collect(),
            },
            seen: read_option(document.seen, seen)?,
            adobe: read_option(document.adobe, adobe)?,
            shop: read_option(document.shop, shop)?,
            connected_at: document.connected_at.map(UnixMillis),
        })
    };
    evidence().ok_or_else(|| Fault::unreadable("what was last seen of an instance"))
}

/// `Some(None)` where there is nothing to read, `None` where it cannot be read.
fn read_option<A, B>(value: Option<A>, read: impl FnOnce(A) -> Option<B>) -> Option<Option<B>> {
    match value {
        Some(value) => read(value).map(Some),
        None => Some(None),
    }
}

fn remark(row: RemarkRow) -> Remark {
    Remark {
        code: row.code,
        text: row.text,
        words: row.words,
    }
}

fn remark_row(remark: &Remark) -> RemarkRow {
    RemarkRow {
        code: remark.code.clone(),
        text: remark.text.clone(),
        words: remark.words.clone(),
    }
}

fn why(row: WhyRow) -> Remark {
    match row {
        WhyRow::Coded(row) => remark(row),
        WhyRow::Text(text) => Remark::new("notProvable", text),
    }
}

fn why_row(why: &Remark) -> WhyRow {
    WhyRow::Coded(remark_row(why))
}

fn shop(row: ShopRow) -> Option<ShopSeen> {
    let said = match (row.shown, row.silent) {
        (Some(shown), None) => Ok(ShopAnswer {
            data_space: DataSpaceId::parse(&shown.data_space).ok()?,
            kind: read_option(shown.kind, |word| DataSpaceType::parse(&word))?,
            channel: ShopChannel::parse(&shown.channel)?,
        }),
        (None, Some(silent)) => Err(silence(silent)?),
        _ => return None,
    };
    Some(ShopSeen {
        at: UnixMillis(row.at),
        said,
    })
}

fn silence(row: SilentRow) -> Option<StorefrontError> {
    let detail = row.detail;
    let all = [
        StorefrontError::NotAllowed {
            detail: detail.clone(),
        },
        StorefrontError::Unreachable {
            detail: detail.clone(),
        },
        StorefrontError::TimedOut,
        StorefrontError::SentElsewhere {
            host: detail.clone(),
        },
        StorefrontError::Unusable { detail },
        StorefrontError::SaysNothing,
    ];
    all.into_iter().find(|error| error.code() == row.code)
}

fn shop_row(shop: &ShopSeen) -> ShopRow {
    let shown = shop.said.as_ref().ok();
    let silent = shop.said.as_ref().err();
    ShopRow {
        at: shop.at.0,
        shown: shown.map(|answer| ShownRow {
            data_space: answer.data_space.to_string(),
            kind: answer.kind.map(|kind| kind.to_string()),
            channel: answer.channel.as_str().to_owned(),
        }),
        silent: silent.map(|error| SilentRow {
            code: error.code().to_owned(),
            detail: match error {
                StorefrontError::NotAllowed { detail }
                | StorefrontError::Unreachable { detail }
                | StorefrontError::Unusable { detail } => detail.clone(),
                StorefrontError::SentElsewhere { host } => host.clone(),
                StorefrontError::TimedOut | StorefrontError::SaysNothing => String::new(),
            },
        }),
    }
}

fn by_path<T>(
    rows: BTreeMap<String, String>,
    read: impl Fn(String) -> Option<T>,
) -> Option<BTreeMap<ConfigPath, T>> {
    rows.into_iter()
        .map(|(path, value)| Some((ConfigPath::parse(&path)?, read(value)?)))
        .collect()
}

fn seen(row: SeenRow) -> Option<Seen> {
    Some(Seen {
        at: UnixMillis(row.at),
        pin: Pin {
            identity: row.identity,
            server: row.server,
            base_url: row.base_url,
        },
        exact: by_path(row.exact, |text| ExactFingerprint::parse(&text))?,
        plain: by_path(row.plain, Some)?,
        identity: by_path(row.key_identity, |text| IdentityFingerprint::parse(&text))?,
        data_space: read_option(row.data_space, |id| DataSpaceId::parse(&id).ok())?,
        used: read_option(row.used, |word| Purpose::parse(&word))?,
        flow: row.flow.map(|row| Flow {
            sent_at: row.sent_at.map(UnixMillis),
            failing_since: row.failing_since.map(UnixMillis),
        }),
        versions: Versions {
            magento: row.versions.magento,
            edition: row.versions.edition,
            services_id: row.versions.services_id,
            services_connector: row.versions.services_connector,
            php: row.versions.php,
        },
    })
}

fn adobe(row: AdobeRow) -> Option<AdobeProof> {
    let pair = |row: PairRow| {
        Some(match row {
            PairRow::Accepted => PairAnswer::Accepted,
            PairRow::Rejected(kind) => PairAnswer::Rejected(Rejection::parse(&kind)?),
            PairRow::NotProvable(row) => PairAnswer::NotProvable(why(row)),
            PairRow::Absent => PairAnswer::Absent,
        })
    };
    Some(AdobeProof {
        production: pair(row.production)?,
        sandbox: pair(row.sandbox)?,
        data_space: match row.data_space {
            DataSpaceRow::NotProvable { why: row } => DataSpaceAnswer::NotProvable(why(row)),
            DataSpaceRow::NotFound => DataSpaceAnswer::NotFound,
            DataSpaceRow::Found {
                project,
                kind,
                mage_id,
            } => DataSpaceAnswer::Found {
                project: ProjectId::parse(&project).ok()?,
                kind: DataSpaceType::parse(&kind)?,
                mage_id: read_option(mage_id, |id| MageId::parse(&id).ok())?,
            },
        },
        at: UnixMillis(row.at),
        by_instance_token: row.by_instance_token,
        renewed_at: row.renewed_at.map(UnixMillis),
        clock_ahead: row.clock_ahead,
        account_sync: row.account_sync.map(|row| AccountSync {
            status: row.status,
            updated_at: row.updated_at,
        }),
    })
}

fn document(evidence: &Evidence) -> Document {
    Document {
        at: evidence.at.0,
        state: evidence.verdict.state.as_str().to_owned(),
        reason: remark_row(&evidence.verdict.reason),
        findings: evidence.verdict.findings.iter().map(remark_row).collect(),
        seen: evidence.seen.as_ref().map(seen_row),
        adobe: evidence.adobe.as_ref().map(adobe_row),
        connected_at: evidence.connected_at.map(|at| at.0),
        shop: evidence.shop.as_ref().map(shop_row),
    }
}

fn rows<T>(
    values: &BTreeMap<ConfigPath, T>,
    text: impl Fn(&T) -> String,
) -> BTreeMap<String, String> {
    let pairs = values.iter();
    pairs
        .map(|(path, value)| (path.as_str().to_owned(), text(value)))
        .collect()
}

fn seen_row(seen: &Seen) -> SeenRow {
    let versions = &seen.versions;
    SeenRow {
        at: seen.at.0,
        identity: seen.pin.identity.clone(),
        server: seen.pin.server.clone(),
        base_url: seen.pin.base_url.clone(),
        exact: rows(&seen.exact, ToString::to_string),
        plain: rows(&seen.plain, Clone::clone),
        key_identity: rows(&seen.identity, ToString::to_string),
        data_space: seen.data_space.as_ref().map(ToString::to_string),
        used: seen.used.map(|used| used.as_str().to_owned()),
        flow: seen.flow.map(|flow| FlowRow {
            sent_at: flow.sent_at.map(|at| at.0),
            failing_since: flow.failing_since.map(|at| at.0),
        }),
        versions: VersionsRow {
            magento: versions.magento.clone(),
            edition: versions.edition.clone(),
            services_id: versions.services_id.clone(),
            services_connector: versions.services_connector.clone(),
            php: versions.php.clone(),
        },
    }
}

fn adobe_row(adobe: &AdobeProof) -> AdobeRow {
    let pair = |answer: &PairAnswer| match answer {
        PairAnswer::Accepted => PairRow::Accepted,
        PairAnswer::Rejected(kind) => PairRow::Rejected(kind.as_str().to_owned()),
        PairAnswer::NotProvable(why) => PairRow::NotProvable(why_row(why)),
        PairAnswer::Absent => PairRow::Absent,
    };
    AdobeRow {
        production: pair(&adobe.production),
        sandbox: pair(&adobe.sandbox),
        data_space: match &adobe.data_space {
            DataSpaceAnswer::NotProvable(why) => DataSpaceRow::NotProvable { why: why_row(why) },
            DataSpaceAnswer::NotFound => DataSpaceRow::NotFound,
            DataSpaceAnswer::Found {
                project,
                kind,
                mage_id,
            } => DataSpaceRow::Found {
                project: project.to_string(),
                kind: kind.to_string(),
                mage_id: mage_id.as_ref().map(ToString::to_string),
            },
        },
        at: adobe.at.0,
        by_instance_token: adobe.by_instance_token,
        renewed_at: adobe.renewed_at.map(|at| at.0),
        clock_ahead: adobe.clock_ahead,
        account_sync: adobe.account_sync.as_ref().map(|sync| SyncRow {
            status: sync.status.clone(),
            updated_at: sync.updated_at.clone(),
        }),
    }
}
