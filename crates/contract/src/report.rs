//! A report of how every instance of an account stands: for the owner, the agency, the file.
//!
//! It holds what the board shows and the public half of the key pairs: no secrets, and no user
//! names, hosts or folders either, because it is made to be passed on. Not here: where it is
//! written to.

use std::fmt::Write as _;

use serde::Serialize;

use crate::accounts::AccountRow;
use crate::csv::record;
use crate::instances::{ConnectionState, InstanceRow, Light};
use crate::keypairs::KeyPairRow;

/// `report --json`: every account with its instances and key pairs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// When it was made, RFC 3339.
    pub made_at: Option<String>,
    /// The accounts, by label.
    pub accounts: Vec<ReportedAccount>,
}

/// One account of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportedAccount {
    /// What people call it.
    pub label: String,
    /// Its MageID, where known.
    pub mage_id: Option<String>,
    /// Its instances, by name.
    pub instances: Vec<ReportedInstance>,
    /// Its key pairs, by name; their private halves are never here.
    pub keypairs: Vec<KeyPairRow>,
}

/// One instance of a report: its row on the board without the way to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportedInstance {
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub role: &'static str,
    /// How it stands.
    pub state: ConnectionState,
    /// The same in words.
    pub words: &'static str,
    /// Which light that shows.
    pub light: Light,
    /// Why.
    pub reason: String,
    /// Whatever else is true.
    pub findings: Vec<String>,
    /// The data space it uses.
    pub data_space: Option<String>,
    /// When Adobe's answer behind the state came, RFC 3339.
    pub proven_at: Option<String>,
}

impl Report {
    /// The report of these accounts, instances and pairs, which name their account by its label.
    pub fn new(
        made_at: Option<String>,
        accounts: &[AccountRow],
        instances: &[InstanceRow],
        keypairs: &[KeyPairRow],
    ) -> Self {
        let reported = |account: &AccountRow| ReportedAccount {
            label: account.label.clone(),
            mage_id: account.mage_id.clone(),
            instances: instances
                .iter()
                .filter(|row| row.account == account.label)
                .map(ReportedInstance::from)
                .collect(),
            keypairs: keypairs
                .iter()
                .filter(|pair| pair.account == account.label)
                .cloned()
                .collect(),
        };
        Self {
            made_at,
            accounts: accounts.iter().map(reported).collect(),
        }
    }

    /// One row for each instance.
    pub fn to_csv(&self) -> String {
        let head = [
            "account",
            "mageId",
            "instance",
            "role",
            "state",
            "light",
            "reason",
            "findings",
            "dataSpace",
            "provenAt",
        ];
        let mut text = record(&head.map(str::to_owned));
        for account in &self.accounts {
            for row in &account.instances {
                text.push_str(&record(&cells(account, row)));
            }
        }
        text
    }

    /// One page, complete in itself: no script, nothing loaded, every outside text escaped.
    pub fn to_html(&self) -> String {
        let made = self.made_at.as_deref().unwrap_or_default();
        let mut page = format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '{STYLE_HASH}'\">\n\
             <title>Connections</title><style>{STYLE}</style></head><body>\n\
             <h1>Connections</h1><p>Made by Patchbay at <time>{}</time>.</p>\n",
            escaped(made)
        );
        for account in &self.accounts {
            account_section(&mut page, account);
        }
        page.push_str("</body></html>\n");
        page
    }
}

impl From<&InstanceRow> for ReportedInstance {
    fn from(row: &InstanceRow) -> Self {
        Self {
            name: row.name.clone(),
            role: patchbay_core::instance::Role::from(row.role).as_str(),
            state: row.state,
            words: words(row.state),
            light: row.light,
            reason: row.reason.text.clone(),
            findings: row.findings.iter().map(|one| one.text.clone()).collect(),
            data_space: row.data_space.clone(),
            proven_at: row.proven_at.clone(),
        }
    }
}

/// What the state is called, in the words of docs/glossary.md.
fn words(state: ConnectionState) -> &'static str {
    match state {
        ConnectionState::Unknown => "Never checked",
        ConnectionState::Unreachable => "Server cannot be reached",
        ConnectionState::DifferentInstance => "Not the instance you added",
        ConnectionState::ConnectorMissing => "Connector not installed",
        ConnectionState::NotConnected => "Not connected",
        ConnectionState::Incomplete => "Values missing",
        ConnectionState::AccountNotVerified => "Keys rejected by Adobe",
        ConnectionState::DataSpaceConflict => "Data space used twice",
        ConnectionState::DataSpaceMismatch => "Wrong data space for this instance",
        ConnectionState::GatewayOverridden => "Talks to another gateway",
        ConnectionState::Drifted => "Changed elsewhere",
        ConnectionState::Unverified => "Needs a new check",
        ConnectionState::Connected => "Connected",
    }
}

fn light(light: Light) -> &'static str {
    match light {
        Light::Connected => "connected",
        Light::NotConnected => "notConnected",
        Light::NeedsALook => "needsALook",
    }
}

fn cells(account: &ReportedAccount, row: &ReportedInstance) -> [String; 10] {
    [
        account.label.clone(),
        account.mage_id.clone().unwrap_or_default(),
        row.name.clone(),
        row.role.to_owned(),
        row.words.to_owned(),
        light(row.light).to_owned(),
        row.reason.clone(),
        row.findings.join(" "),
        row.data_space.clone().unwrap_or_default(),
        row.proven_at.clone().unwrap_or_default(),
    ]
}

fn account_section(page: &mut String, account: &ReportedAccount) {
    let mage_id = account.mage_id.as_deref().unwrap_or("MageID not known");
    // Writing to a text cannot fail.
    let _ = writeln!(
        page,
        "<h2>{} <small>{}</small></h2>",
        escaped(&account.label),
        escaped(mage_id)
    );
    table(
        page,
        [
            "Instance",
            "Role",
            "State",
            "Why",
            "Data space",
            "Adobe's answer",
        ],
        account.instances.iter().map(|row| {
            let mut why = row.reason.clone();
            for finding in &row.findings {
                why.push(' ');
                why.push_str(finding);
            }
            [
                row.name.clone(),
                row.role.to_owned(),
                row.words.to_owned(),
                why,
                row.data_space.clone().unwrap_or_default(),
                row.proven_at.clone().unwrap_or_default(),
            ]
        }),
    );
    table(
        page,
        [
            "Key pair",
            "For",
            "API key",
            "Fingerprint",
            "Used by",
            "Adobe accepted it",
        ],
        account.keypairs.iter().map(|pair| {
            [
                pair.name.clone(),
                pair.r#for.as_str().to_owned(),
                pair.api_key.clone().unwrap_or_default(),
                pair.fingerprint.clone().unwrap_or_default(),
                pair.used_by.join(", "),
                pair.accepted_at.clone().unwrap_or_default(),
            ]
        }),
    );
}

fn table(page: &mut String, head: [&str; 6], rows: impl Iterator<Item = [String; 6]>) {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return;
    }
    page.push_str("<table><thead><tr>");
    for cell in head {
        let _ = write!(page, "<th scope=\"col\">{}</th>", escaped(cell));
    }
    page.push_str("</tr></thead><tbody>\n");
    for row in rows {
        page.push_str("<tr>");
        for cell in row {
            let _ = write!(page, "<td>{}</td>", escaped(&cell));
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody></table>\n");
}

/// Text as it may stand in an element or a quoted attribute.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// The page's one style; the policy names it by its hash, so that no other is applied.
const STYLE: &str = "body{font:14px/1.5 system-ui,sans-serif;margin:2rem;color:#1d2a2f}\
small{font-weight:400;color:#5a6a70}table{border-collapse:collapse;width:100%;margin:0 0 2rem}\
th,td{text-align:start;vertical-align:top;padding:.4rem .6rem;border-bottom:1px solid #d5dde0;overflow-wrap:anywhere}\
th{color:#5a6a70}";

/// SHA-256 of [`STYLE`], as a content security policy writes it.
const STYLE_HASH: &str = "sha256-DTENyl/evfauQXy1L126kkvYp7syONF+pw7x7gMGpuE=";

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use sha2::{Digest as _, Sha256};

    const HOSTILE: &str = "<script>alert(1)</script>\"'&=1+1";

    fn report() -> Report {
        Report {
            made_at: Some("2026-03-20T09:00:00Z".into()),
            accounts: vec![ReportedAccount {
                label: HOSTILE.into(),
                mage_id: None,
                instances: vec![ReportedInstance {
                    name: HOSTILE.into(),
                    role: "live",
                    state: ConnectionState::DataSpaceConflict,
                    words: words(ConnectionState::DataSpaceConflict),
                    light: Light::NeedsALook,
                    reason: HOSTILE.into(),
                    findings: vec![HOSTILE.into()],
                    data_space: Some(HOSTILE.into()),
                    proven_at: None,
                }],
                keypairs: Vec::new(),
            }],
        }
    }

    #[test]
    fn the_policy_names_the_style_that_is_there() {
        let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(STYLE));
        assert_eq!(STYLE_HASH, format!("sha256-{hash}"));
        assert!(
            report()
                .to_html()
                .contains(&format!("<style>{STYLE}</style>"))
        );
    }

    #[test]
    fn outside_text_stays_text_in_the_page() {
        let page = report().to_html();
        assert!(!page.contains("<script"), "{page}");
        assert_eq!(page.matches("&lt;script&gt;alert(1)").count(), 5, "{page}");
        assert!(page.contains("default-src 'none'"));
    }

    #[test]
    fn outside_text_is_no_formula_in_a_spreadsheet() {
        let mut report = report();
        report.accounts[0].label = "=HYPERLINK(\"http://x\")".into();
        let csv = report.to_csv();
        let row = csv.lines().nth(1).unwrap();
        assert!(row.starts_with("\"'=HYPERLINK("), "{row}");
        assert_eq!(csv.lines().count(), 2);
    }
}
