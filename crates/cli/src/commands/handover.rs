//! `handover`: a request code, a sealed file, and who has which keys. No key is ever printed.

use std::path::PathBuf;

use patchbay_contract::handover::{
    AskedFor, AskedPage, HandOverPage, HandOverRow, HandedKeyRow, KeyRequestRow, LeftKeyRow,
    LeftPage, OpenedPage, ReceiptTaken, SealedPage,
};
use patchbay_contract::keypairs::KeyPairRow;
use patchbay_contract::replacing::ReplacementRow;
use patchbay_core::handover::code::RequestCode;
use patchbay_core::handover::opening::FILE_MAX;
use patchbay_core::handover::requesting::NewRequest;
use patchbay_core::handover::sealing::SealOrder;
use patchbay_core::id::HandOverId;
use patchbay_core::replacing::Replacement;

use super::Desk;
use crate::args::handover::HandOverCommand;
use crate::exit::{Done, Exit, Failure};
use crate::output::Page;
use crate::{input, terminal};

/// The longest request code that is read, bytes.
const CODE_MAX: usize = 4_000;

pub(super) async fn run(desk: &Desk, command: HandOverCommand) -> Done {
    match command {
        HandOverCommand::Request {
            account,
            r#for,
            who,
        } => {
            let new = NewRequest {
                account: account.as_deref(),
                purposes: r#for.into_iter().map(Into::into).collect(),
                who: &who,
            };
            request(desk, &new).await
        }
        HandOverCommand::Read { code } => read(desk, &code).await,
        HandOverCommand::Seal {
            code,
            key,
            from,
            out,
            yes,
        } => seal(desk, &code, &key, &from, &out, yes).await,
        HandOverCommand::Open { file } => open(desk, &file).await,
        HandOverCommand::List => list(desk).await,
        HandOverCommand::Cancel { request } => cancel(desk, &request).await,
        HandOverCommand::Receipt { receipt, yes } => take_receipt(desk, &receipt, yes).await,
        HandOverCommand::Left { peer, start } => left(desk, &peer, start).await,
    }
}

async fn request(desk: &Desk, new: &NewRequest<'_>) -> Done {
    let (request, code) = desk.patchbay.request_keys(new).await?;
    let document = KeyRequestRow::new(&request, &code);
    desk.output.answer(&document, |page| {
        page.line("Send this code to the owner of the keys:");
        page.line("");
        page.line(&document.code);
        page.line("");
        page.line(format!(
            "Compare by telephone that they see: {}",
            document.asks.compare
        ));
        page.line("Open what they send back: patchbayctl handover open FILE");
    });
    Ok(Exit::Well)
}

fn code_from(from: &str) -> Result<RequestCode, Failure> {
    let read = input::secret("the request code", from, CODE_MAX)?;
    let text = String::from_utf8_lossy(read.expose()).into_owned();
    Ok(RequestCode::read(&text)?)
}

async fn rows(
    desk: &Desk,
    pairs: &[patchbay_core::keypair::KeyPair],
) -> Result<Vec<KeyPairRow>, Failure> {
    let accounts = desk.patchbay.accounts().await?;
    let mut rows = Vec::new();
    for pair in pairs {
        let used = desk.patchbay.where_used(&pair.id).await?;
        rows.push(KeyPairRow::new(pair, &accounts, used));
    }
    Ok(rows)
}

async fn read(desk: &Desk, code: &str) -> Done {
    let code = code_from(code)?;
    let fitting = desk.patchbay.fitting_pairs(&code).await?;
    let document = AskedPage {
        asks: (&code).into(),
        fitting: rows(desk, &fitting).await?,
    };
    desk.output.answer(&document, |page| {
        asked(page, &document.asks);
        for pair in &document.fitting {
            page.line(format!(
                "  fits: {} ({}, {})",
                pair.name, pair.account, pair.r#for
            ));
        }
        if document.fitting.is_empty() {
            page.line("Which pairs fit is not clear: name them with --key.");
        }
    });
    Ok(Exit::Well)
}

fn asked(page: &mut Page, asks: &AskedFor) {
    page.line(match asks.moving {
        true => format!(
            "{} moves to a new computer and asks for every key.",
            asks.who
        ),
        false => format!(
            "{} asks for {} of {} {}",
            asks.who,
            asks.r#for.join(" and "),
            asks.account,
            asks.mage_id.as_deref().unwrap_or_default()
        ),
    });
    page.line(format!(
        "Compare by telephone that they see: {}",
        asks.compare
    ));
}

async fn seal(desk: &Desk, code: &str, keys: &[String], from: &str, out: &str, yes: bool) -> Done {
    if !yes && !terminal::can_ask() {
        return Err(Failure::usage(
            "needsYes",
            "This hands private keys over, and nobody can be asked here.",
            "Look at the code with handover read first, then add --yes.",
        ));
    }
    let code = code_from(code)?;
    if !yes {
        let asks = AskedFor::from(&code);
        desk.output.before(|page| asked(page, &asks));
        if !terminal::ask_yes(
            "Did you compare it with them, and do you want to hand the keys over?",
        ) {
            return Err(Failure::refused(
                "notAgreed",
                "Nothing was handed over.",
                "Answer y to seal the keys.",
            ));
        }
    }
    let order = SealOrder {
        code: &code,
        keys,
        from,
    };
    let sealed = desk.patchbay.seal_hand_over(&order).await?;
    patchbay_adapters::files::write(PathBuf::from(out), sealed.file)
        .await
        .map_err(|error| Failure::local("The sealed file could not be written", &error))?;
    let document = SealedPage {
        hand_over: (&sealed.hand_over).into(),
        file: out.to_owned(),
    };
    desk.output.answer(&document, |page| {
        keys_of(page, &document.hand_over.keys);
        page.line(format!(
            "Sealed for {} in {out}: only their Patchbay opens it.",
            document.hand_over.peer
        ));
        if document.hand_over.moving {
            page.line(
                "When the new computer shows its receipt: patchbayctl handover receipt RECEIPT",
            );
        }
    });
    Ok(Exit::Well)
}

fn keys_of(page: &mut Page, keys: &[HandedKeyRow]) {
    let rows: Vec<_> = keys
        .iter()
        .map(|key| {
            let short = key.fingerprint.get(..16).unwrap_or_default().to_owned();
            [
                key.name.clone(),
                key.account.clone(),
                key.r#for.clone(),
                short,
                key.export.clone(),
            ]
        })
        .collect();
    page.table(
        ["Name", "Account", "For", "Fingerprint", "Export there"],
        &rows,
    );
}

async fn open(desk: &Desk, file: &str) -> Done {
    let bytes = input::file("the sealed file", file, FILE_MAX)?;
    let opened = desk.patchbay.open_hand_over(&bytes).await?;
    let accounts = desk.patchbay.accounts().await?;
    let document = OpenedPage::new(&opened, &accounts);
    desk.output.answer(&document, |page| {
        keys_of(page, &document.hand_over.keys);
        page.line(format!(
            "From {}; the keys are in this computer's keychain, without an export.",
            document.hand_over.peer
        ));
        if let Some(receipt) = &document.hand_over.receipt {
            page.line(format!("Tell them this receipt: {receipt}"));
        }
    });
    let accepted = document
        .keys
        .iter()
        .all(|key| key.verification.answer == "accepted");
    Ok(if accepted { Exit::Well } else { Exit::Failed })
}

async fn list(desk: &Desk) -> Done {
    let mut requests = Vec::new();
    for request in desk.patchbay.key_requests().await? {
        let code = desk.patchbay.code_of(&request).await?;
        requests.push(KeyRequestRow::new(&request, &code));
    }
    let hand_overs = desk.patchbay.hand_overs().await?;
    let document = HandOverPage {
        requests,
        hand_overs: hand_overs.iter().map(HandOverRow::from).collect(),
        peers: desk.patchbay.peers().await?,
    };
    desk.output.answer(&document, |page| {
        for request in &document.requests {
            page.line(format!("Waits for a file ({}):", request.id));
            page.line(format!("  {}", request.code));
        }
        for one in &document.hand_overs {
            let way = if one.direction == "given" {
                "to"
            } else {
                "from"
            };
            let names: Vec<&str> = one.keys.iter().map(|key| key.name.as_str()).collect();
            let at = one.at.as_deref().unwrap_or_default();
            page.line(format!(
                "{at} {} {way} {}: {}",
                one.direction,
                one.peer,
                names.join(", ")
            ));
        }
        if document.requests.is_empty() && document.hand_overs.is_empty() {
            page.line("No keys were asked for or handed over yet.");
        }
    });
    Ok(Exit::Well)
}

async fn cancel(desk: &Desk, request: &str) -> Done {
    let id = HandOverId::parse(request.trim()).ok_or_else(|| {
        Failure::usage(
            "badInput",
            "That is no id: one has 32 hex digits.",
            "Take it from patchbayctl handover list.",
        )
    })?;
    desk.patchbay.cancel_request(&id).await?;
    list(desk).await
}

async fn take_receipt(desk: &Desk, receipt: &str, yes: bool) -> Done {
    let question = "Forget on this computer every key that the new one has?";
    if !yes && (!terminal::can_ask() || !terminal::ask_yes(question)) {
        return Err(Failure::usage(
            "needsYes",
            "Nothing was forgotten: nobody agreed.",
            "Add --yes, or answer y.",
        ));
    }
    let (hand_over, removed) = desk.patchbay.acknowledge(receipt).await?;
    let document = ReceiptTaken::new(&hand_over, &removed);
    desk.output.answer(&document, |page| {
        page.line(format!("{} has the keys.", document.hand_over.peer));
        for name in &document.removed {
            page.line(format!("Removed from this computer: {name}"));
        }
    });
    Ok(Exit::Well)
}

async fn left(desk: &Desk, peer: &str, start: bool) -> Done {
    let mut keys = Vec::new();
    if start {
        for begun in desk.patchbay.someone_left(peer).await? {
            let survey = begun
                .survey
                .as_ref()
                .and_then(|survey| survey.as_ref().ok());
            let fresh = survey.and_then(|survey| survey.replacement.clone());
            let known = fresh.or(begun.left.replacement.clone());
            let replacement = replacement_row(desk, known.as_ref()).await?;
            keys.push(LeftKeyRow::begun(&begun, replacement));
        }
    } else {
        for left in desk.patchbay.keys_with(peer).await? {
            let replacement = replacement_row(desk, left.replacement.as_ref()).await?;
            keys.push(LeftKeyRow::new(&left, replacement));
        }
    }
    let document = LeftPage {
        peer: peer.to_owned(),
        keys,
    };
    desk.output.answer(&document, |page| {
        for key in &document.keys {
            left_key(page, key);
        }
    });
    let stuck = document
        .keys
        .iter()
        .any(|key| !key.obstacles.is_empty() || key.trouble.is_some());
    Ok(if stuck { Exit::Failed } else { Exit::Well })
}

fn left_key(page: &mut Page, left: &LeftKeyRow) {
    let key = &left.key;
    let used = match left.used_by.is_empty() {
        true => "used by no instance: delete it in the API Portal".to_owned(),
        false => format!("used by {}", left.used_by.join(", ")),
    };
    page.line(format!(
        "{} ({}, {}): {used}",
        key.name, key.account, key.r#for
    ));
    for one in &left.obstacles {
        if let Some(trouble) = &one.obstacle {
            page.line(format!("  {}: {} {}", one.name, trouble.text, trouble.next));
        }
    }
    if let Some(trouble) = &left.trouble {
        page.line(format!("  {} {}", trouble.text, trouble.next));
    }
    if let Some(replacement) = &left.replacement {
        page.line(format!("  Its replacement is begun: {}", replacement.stage));
    }
}

async fn replacement_row(
    desk: &Desk,
    replacement: Option<&Replacement>,
) -> Result<Option<ReplacementRow>, Failure> {
    let Some(replacement) = replacement else {
        return Ok(None);
    };
    let pairs = desk.patchbay.key_pairs().await?;
    let instances = desk.patchbay.instances().await?;
    Ok(Some(ReplacementRow::new(replacement, &pairs, &instances)))
}
