//! Instances, with how to get there, who they were when they were added and what was answered.

use patchbay_core::connection::drift::DriftLater;
use patchbay_core::id::{AccountId, InstanceId};
use patchbay_core::instance::{Answers, Instance, Pin, Role, SshWay, Way};
use patchbay_core::ports::clock::UnixMillis;
use rusqlite::{Connection, Row, Transaction, named_params};
use serde::{Deserialize, Serialize};

use super::fault::Fault;

const SSH: &str = "ssh";
const WATCH_ONLY: &str = "watchOnly";

/// [`Answers`] as they stand in the row.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct AnswersRow {
    is_live: Option<bool>,
    same_as: Vec<String>,
    copy_of: Vec<String>,
    confirmed: Vec<String>,
    #[serde(default)]
    drift_later: Option<LaterRow>,
}

#[derive(Deserialize, Serialize)]
struct LaterRow {
    until: i64,
    mark: String,
}

/// All, by name.
pub(super) fn all(db: &Transaction<'_>) -> Result<Vec<Instance>, Fault> {
    let mut statement = db.prepare("SELECT * FROM instances ORDER BY name")?;
    statement.query_and_then([], read)?.collect()
}

/// Adds or replaces one.
pub(super) fn save(db: &Connection, instance: &Instance) -> Result<(), Fault> {
    let id = instance.id.as_str();
    let taken = "SELECT 1 FROM instances WHERE name = ?1 AND id <> ?2";
    if db.prepare(taken)?.exists([instance.name.as_str(), id])? {
        return Err(Fault::taken("an instance", &instance.name));
    }
    let ssh = match &instance.way {
        Way::Ssh(ssh) => Some(ssh),
        Way::WatchOnly => None,
    };
    let pin = instance.pin.as_ref();
    db.execute(
        "INSERT INTO instances (id, name, account, role, way, target, port, identity_file, root,
             php, run_as, container, url, tags, pin_identity, pin_server, pin_base_url, answers,
             created_at)
         VALUES (:id, :name, :account, :role, :way, :target, :port, :identity_file, :root,
             :php, :run_as, :container, :url, :tags, :pin_identity, :pin_server, :pin_base_url,
             :answers, :created_at)
         ON CONFLICT (id) DO UPDATE SET name = :name, account = :account, role = :role, way = :way,
             target = :target, port = :port, identity_file = :identity_file, root = :root,
             php = :php, run_as = :run_as, container = :container, url = :url, tags = :tags,
             pin_identity = :pin_identity, pin_server = :pin_server,
             pin_base_url = :pin_base_url, answers = :answers, created_at = :created_at",
        named_params! {
            ":id": id,
            ":name": instance.name,
            ":account": instance.account.as_str(),
            ":role": instance.role.as_str(),
            ":way": if ssh.is_some() { SSH } else { WATCH_ONLY },
            ":target": ssh.map(|ssh| &ssh.target),
            ":port": ssh.and_then(|ssh| ssh.port),
            ":identity_file": ssh.and_then(|ssh| ssh.identity_file.as_ref()),
            ":root": ssh.map(|ssh| &ssh.root),
            ":php": ssh.and_then(|ssh| ssh.php.as_ref()),
            ":run_as": ssh.and_then(|ssh| ssh.run_as.as_ref()),
            ":container": ssh.and_then(|ssh| ssh.container.as_ref()),
            ":url": instance.url,
            ":tags": json(&instance.tags)?,
            ":pin_identity": pin.map(|pin| &pin.identity),
            ":pin_server": pin.map(|pin| &pin.server),
            ":pin_base_url": pin.map(|pin| &pin.base_url),
            ":answers": json(&answers_row(&instance.answers))?,
            ":created_at": instance.created_at.0,
        },
    )?;
    Ok(())
}

/// Removes one; its assignment and evidence go with it.
pub(super) fn remove(db: &Connection, id: &InstanceId) -> Result<(), Fault> {
    db.execute(
        "DELETE FROM token_expiry WHERE instance = ?1",
        [id.as_str()],
    )?;
    db.execute("DELETE FROM instances WHERE id = ?1", [id.as_str()])?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<Instance, Fault> {
    let text = |column: &str| row.get::<_, String>(column);
    let tags: String = row.get("tags")?;
    Ok(Instance {
        id: known(InstanceId::parse(&text("id")?))?,
        name: row.get("name")?,
        account: known(AccountId::parse(&text("account")?))?,
        role: known(Role::parse(&text("role")?))?,
        way: way(row)?,
        url: row.get("url")?,
        tags: known(serde_json::from_str(&tags).ok())?,
        pin: pin(row)?,
        answers: answers(&text("answers")?)?,
        created_at: UnixMillis(row.get("created_at")?),
    })
}

/// The way is checked again: what stands here ends up on an ssh command line.
fn way(row: &Row<'_>) -> Result<Way, Fault> {
    let kind: String = row.get("way")?;
    if kind == WATCH_ONLY {
        return Ok(Way::WatchOnly);
    }
    let ssh = SshWay {
        target: row.get("target")?,
        port: row.get("port")?,
        identity_file: row.get("identity_file")?,
        root: row.get("root")?,
        php: row.get("php")?,
        run_as: row.get("run_as")?,
        container: row.get("container")?,
    };
    known(
        (kind == SSH)
            .then_some(ssh)
            .and_then(|ssh| ssh.checked().ok()),
    )
    .map(Way::Ssh)
}

fn pin(row: &Row<'_>) -> Result<Option<Pin>, Fault> {
    let part = |column: &str| row.get::<_, Option<String>>(column);
    match (
        part("pin_identity")?,
        part("pin_server")?,
        part("pin_base_url")?,
    ) {
        (Some(identity), Some(server), Some(base_url)) => Ok(Some(Pin {
            identity,
            server,
            base_url,
        })),
        (None, None, None) => Ok(None),
        _ => known(None),
    }
}

fn answers_row(answers: &Answers) -> AnswersRow {
    let ids = |ids: &[InstanceId]| ids.iter().map(|id| id.as_str().to_owned()).collect();
    AnswersRow {
        is_live: answers.is_live,
        same_as: ids(&answers.same_as),
        copy_of: ids(&answers.copy_of),
        confirmed: answers.confirmed.clone(),
        drift_later: answers.drift_later.as_ref().map(|later| LaterRow {
            until: later.until.0,
            mark: later.mark.clone(),
        }),
    }
}

fn answers(text: &str) -> Result<Answers, Fault> {
    let row: AnswersRow = known(serde_json::from_str(text).ok())?;
    let ids = |ids: Vec<String>| -> Result<Vec<InstanceId>, Fault> {
        ids.iter().map(|id| known(InstanceId::parse(id))).collect()
    };
    Ok(Answers {
        is_live: row.is_live,
        same_as: ids(row.same_as)?,
        copy_of: ids(row.copy_of)?,
        confirmed: row.confirmed,
        drift_later: row.drift_later.map(|later| DriftLater {
            until: UnixMillis(later.until),
            mark: later.mark,
        }),
    })
}

fn json(value: &impl Serialize) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|error| Fault::failed(error.to_string()))
}

fn known<T>(value: Option<T>) -> Result<T, Fault> {
    value.ok_or_else(|| Fault::unreadable("an instance"))
}
