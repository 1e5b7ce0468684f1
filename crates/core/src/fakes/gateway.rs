//! Adobe's gateways in memory, and what every gateway must do.
//!
//! A key is known by its digest, so a token made with another private key is refused as the real
//! gateway refuses it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use super::clock::FakeClock;
use super::crypto::{key_digest, token_expiry};
use super::trouble::Trouble;
use super::{lock, step_aside};
use crate::config::Purpose;
use crate::id::{ApiKey, DataSpaceId, MageId, ProjectId};
use crate::ports::clock::Clock;
use crate::ports::gateway::{Answered, Bearer, Gateway, GatewayError, Rejection};
use crate::registry::{DataSpace, DataSpaceType};
use crate::secret::Secret;

/// One call that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayCall {
    /// At which gateway.
    pub purpose: Purpose,
    /// The method's name in the port, with its argument: `ping`, `data_space 2222…`.
    pub what: String,
    /// For whom.
    pub api_key: ApiKey,
    /// Whether the token was good.
    pub accepted: bool,
}

#[derive(Debug, Default)]
struct World {
    /// Who a key belongs to and the digest of its private half.
    keys: BTreeMap<(Purpose, ApiKey), (MageId, [u8; 32])>,
    spaces: BTreeMap<MageId, Vec<DataSpace>>,
    labels: BTreeMap<DataSpaceId, String>,
    calls: Vec<GatewayCall>,
    clock_ahead: Option<i64>,
    created: u32,
}

/// Gateways for tests.
#[derive(Debug)]
pub struct FakeGateway {
    clock: Arc<FakeClock>,
    world: Mutex<World>,
    /// Tells calls to fail.
    pub trouble: Trouble<GatewayError>,
}

impl FakeGateway {
    /// Gateways that know nobody yet and read tokens by this clock.
    pub fn new(clock: Arc<FakeClock>) -> Self {
        Self {
            clock,
            world: Mutex::default(),
            trouble: Trouble::default(),
        }
    }

    /// Lets an account have a key pair; the private key as PKCS#8 DER.
    pub fn register(&self, account: &MageId, purpose: Purpose, api_key: &ApiKey, key: &Secret) {
        lock(&self.world).keys.insert(
            (purpose, api_key.clone()),
            (account.clone(), key_digest(key)),
        );
    }

    /// Deletes a key pair, as its owner does in the API Portal.
    pub fn delete(&self, purpose: Purpose, api_key: &ApiKey) {
        lock(&self.world).keys.remove(&(purpose, api_key.clone()));
    }

    /// Gives an account a data space. Its `mage_id` is answered as it stands there, absent or not.
    pub fn add_data_space(&self, account: &MageId, space: DataSpace) {
        lock(&self.world)
            .spaces
            .entry(account.clone())
            .or_default()
            .push(space);
    }

    /// How far our clock is ahead of the gateways'; absent by default.
    pub fn set_clock_ahead(&self, seconds: Option<i64>) {
        lock(&self.world).clock_ahead = seconds;
    }

    /// Every call so far, in order.
    pub fn calls(&self) -> Vec<GatewayCall> {
        lock(&self.world).calls.clone()
    }

    /// The Cloud project written on a data space.
    pub fn cloud_label(&self, id: &DataSpaceId) -> Option<String> {
        lock(&self.world).labels.get(id).cloned()
    }

    /// Counts the call, checks the token and answers what belongs to its account.
    async fn answer<T>(
        &self,
        purpose: Purpose,
        bearer: &Bearer<'_>,
        what: String,
        act: impl FnOnce(&mut World, &MageId) -> Result<T, GatewayError> + Send,
    ) -> Result<Answered<T>, GatewayError> {
        step_aside().await;
        let now = self.clock.now().seconds();
        let mut world = lock(&self.world);
        let checked = world.check(purpose, bearer, now);
        world.calls.push(GatewayCall {
            purpose,
            what,
            api_key: bearer.api_key.clone(),
            accepted: checked.is_ok(),
        });
        self.trouble.check()?;
        let clock_ahead = world.clock_ahead;
        let account = checked.map_err(|kind| GatewayError::Rejected { kind, clock_ahead })?;
        let value = act(&mut world, &account)?;
        Ok(Answered { value, clock_ahead })
    }
}

impl World {
    fn check(&self, purpose: Purpose, bearer: &Bearer<'_>, now: i64) -> Result<MageId, Rejection> {
        let (account, digest) = self
            .keys
            .get(&(purpose, bearer.api_key.clone()))
            .ok_or(Rejection::UnknownApiKey)?;
        if bearer.token.is_empty() {
            return Err(Rejection::TokenMissing);
        }
        // The gateway's own clock differs from ours by what it says in its answers.
        let theirs = now - self.clock_ahead.unwrap_or(0);
        token_expiry(bearer.token, digest)
            .filter(|expires| *expires > theirs)
            .map(|_| account.clone())
            .ok_or(Rejection::BadSignature)
    }

    fn of(&self, account: &MageId) -> Vec<DataSpace> {
        self.spaces.get(account).cloned().unwrap_or_default()
    }

    fn create(&mut self, account: &MageId, name: &str) -> Vec<DataSpace> {
        self.created += 1;
        let uuid = |kind: u32| format!("{:08x}-0000-4000-8000-{kind:012x}", self.created);
        let rows: Vec<DataSpace> = [
            (1, "Production", DataSpaceType::Production),
            (2, "Testing 1", DataSpaceType::Testing),
            (3, "Testing 2", DataSpaceType::Testing),
        ]
        .into_iter()
        .filter_map(|(number, label, kind)| {
            Some(DataSpace {
                id: DataSpaceId::parse(&uuid(number)).ok()?,
                name: label.to_owned(),
                kind,
                project_id: ProjectId::parse(&uuid(0)).ok()?,
                project_name: name.to_owned(),
                mage_id: Some(account.clone()),
                organisation: None,
                features: Vec::new(),
                cloud_id: None,
                account_sync: None,
            })
        })
        .collect();
        self.spaces
            .entry(account.clone())
            .or_default()
            .extend(rows.clone());
        rows
    }
}

#[async_trait]
impl Gateway for FakeGateway {
    fn base_url(&self, purpose: Purpose) -> String {
        format!("https://{purpose}.gateway.test/")
    }

    fn is_ours(&self, purpose: Purpose, url: &str) -> bool {
        url.trim_end_matches('/') == self.base_url(purpose).trim_end_matches('/')
    }

    async fn ping(
        &self,
        purpose: Purpose,
        bearer: &Bearer<'_>,
    ) -> Result<Answered<()>, GatewayError> {
        self.answer(purpose, bearer, "ping".to_owned(), |_, _| Ok(()))
            .await
    }

    async fn data_spaces(
        &self,
        purpose: Purpose,
        bearer: &Bearer<'_>,
    ) -> Result<Answered<Vec<DataSpace>>, GatewayError> {
        self.answer(
            purpose,
            bearer,
            "data_spaces".to_owned(),
            |world, account| Ok(world.of(account)),
        )
        .await
    }

    async fn project(
        &self,
        purpose: Purpose,
        bearer: &Bearer<'_>,
        id: &ProjectId,
    ) -> Result<Answered<Vec<DataSpace>>, GatewayError> {
        self.answer(
            purpose,
            bearer,
            format!("project {id}"),
            |world, account| {
                let mut rows = world.of(account);
                rows.retain(|space| space.project_id == *id);
                if rows.is_empty() {
                    return Err(GatewayError::NotFound);
                }
                Ok(rows)
            },
        )
        .await
    }

    async fn data_space(
        &self,
        purpose: Purpose,
        bearer: &Bearer<'_>,
        id: &DataSpaceId,
    ) -> Result<Answered<DataSpace>, GatewayError> {
        self.answer(
            purpose,
            bearer,
            format!("data_space {id}"),
            |world, account| {
                let mut rows = world.of(account).into_iter();
                rows.find(|space| space.id == *id)
                    .ok_or(GatewayError::NotFound)
            },
        )
        .await
    }

    async fn create_project(
        &self,
        purpose: Purpose,
        bearer: &Bearer<'_>,
        name: &str,
    ) -> Result<Answered<Vec<DataSpace>>, GatewayError> {
        self.answer(
            purpose,
            bearer,
            format!("create_project {name}"),
            |world, account| Ok(world.create(account, name)),
        )
        .await
    }

    async fn label_cloud(
        &self,
        purpose: Purpose,
        bearer: &Bearer<'_>,
        id: &DataSpaceId,
        cloud_project: &str,
    ) -> Result<Answered<()>, GatewayError> {
        self.answer(
            purpose,
            bearer,
            format!("label_cloud {id}"),
            |world, account| {
                if !world.of(account).iter().any(|space| space.id == *id) {
                    return Err(GatewayError::NotFound);
                }
                world.labels.insert(id.clone(), cloud_project.to_owned());
                Ok(())
            },
        )
        .await
    }
}

/// A situation at a gateway for [`gateway_contract`].
#[derive(Debug)]
pub struct GatewayCase<'a> {
    /// Which gateway.
    pub purpose: Purpose,
    /// A key it knows.
    pub api_key: &'a ApiKey,
    /// A token signed with that key's private half.
    pub token: &'a Secret,
    /// A token signed with another private key.
    pub wrong_token: &'a Secret,
    /// A key it does not know.
    pub unknown_key: &'a ApiKey,
    /// A data space the key may see.
    pub data_space: &'a DataSpaceId,
    /// A data space nobody has.
    pub absent_data_space: &'a DataSpaceId,
    /// A project nobody has.
    pub absent_project: &'a ProjectId,
    /// Whether a project may be created here.
    pub may_create: bool,
}

/// What every gateway must do, whichever one it is.
///
/// # Errors
/// The first call that failed and should not have.
pub async fn gateway_contract(
    gateway: &dyn Gateway,
    case: &GatewayCase<'_>,
) -> Result<(), GatewayError> {
    for purpose in Purpose::ALL {
        let url = gateway.base_url(purpose);
        assert!(gateway.is_ours(purpose, &url), "our own gateway is ours");
        assert!(
            gateway.is_ours(purpose, url.trim_end_matches('/')),
            "with and without a slash"
        );
        let stranger = "https://gateway.stranger.test/";
        assert!(!gateway.is_ours(purpose, stranger), "another host is not");
        assert!(!gateway.is_ours(purpose, ""), "nothing is not");
    }
    rejections(gateway, case).await;
    registry(gateway, case).await?;
    if case.may_create {
        creation(gateway, case).await?;
    }
    Ok(())
}

async fn rejections(gateway: &dyn Gateway, case: &GatewayCase<'_>) {
    let empty = Secret::new(Vec::new());
    for (api_key, token, kind) in [
        (case.unknown_key, case.token, Rejection::UnknownApiKey),
        (case.api_key, case.wrong_token, Rejection::BadSignature),
        (case.api_key, &empty, Rejection::TokenMissing),
    ] {
        let bearer = Bearer { api_key, token };
        let refused = gateway.ping(case.purpose, &bearer).await;
        assert!(
            matches!(&refused, Err(GatewayError::Rejected { kind: said, .. }) if *said == kind),
            "{} is told apart, got {refused:?}",
            kind.as_str()
        );
        let refused = gateway.data_spaces(case.purpose, &bearer).await;
        assert!(
            matches!(refused, Err(GatewayError::Rejected { .. })),
            "the registry refuses what ping refuses"
        );
    }
}

async fn registry(gateway: &dyn Gateway, case: &GatewayCase<'_>) -> Result<(), GatewayError> {
    let bearer = Bearer {
        api_key: case.api_key,
        token: case.token,
    };
    gateway.ping(case.purpose, &bearer).await?;
    let all = gateway.data_spaces(case.purpose, &bearer).await?.value;
    let listed = all.iter().find(|space| space.id == *case.data_space);
    assert!(listed.is_some(), "the data space is listed");
    let one = gateway
        .data_space(case.purpose, &bearer, case.data_space)
        .await?
        .value;
    let facts = |space: &DataSpace| {
        let (id, name, project) = (
            space.id.clone(),
            space.name.clone(),
            space.project_id.clone(),
        );
        (id, name, project, space.kind)
    };
    assert_eq!(
        listed.map(facts),
        Some(facts(&one)),
        "list and single answer agree"
    );
    let project = gateway
        .project(case.purpose, &bearer, &one.project_id)
        .await?
        .value;
    assert!(
        project
            .iter()
            .all(|space| space.project_id == one.project_id)
    );
    assert!(
        project.iter().any(|space| space.id == one.id),
        "its project lists it"
    );
    gateway
        .label_cloud(case.purpose, &bearer, case.data_space, "abcdef123")
        .await?;

    let none = gateway
        .data_space(case.purpose, &bearer, case.absent_data_space)
        .await;
    assert_eq!(
        none.err(),
        Some(GatewayError::NotFound),
        "an unknown data space is an answer"
    );
    let none = gateway
        .project(case.purpose, &bearer, case.absent_project)
        .await;
    assert_eq!(
        none.err(),
        Some(GatewayError::NotFound),
        "an unknown project is an answer"
    );
    Ok(())
}

async fn creation(gateway: &dyn Gateway, case: &GatewayCase<'_>) -> Result<(), GatewayError> {
    let bearer = Bearer {
        api_key: case.api_key,
        token: case.token,
    };
    let name = "Nordlys";
    let created = gateway
        .create_project(case.purpose, &bearer, name)
        .await?
        .value;
    assert!(
        created.iter().all(|space| space.project_name == name),
        "it has the name given"
    );
    let all = gateway.data_spaces(case.purpose, &bearer).await?.value;
    assert!(!created.is_empty(), "a project comes with data spaces");
    assert!(
        created
            .iter()
            .all(|space| all.iter().any(|listed| listed.id == space.id)),
        "what was created is listed"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::fakes::crypto::token;
    use crate::fakes::keys;

    fn space(last: u8) -> DataSpace {
        DataSpace {
            id: DataSpaceId::parse(&format!("22222222-2222-4222-8222-2222222222{last:02x}"))
                .unwrap(),
            name: "Testing 1".into(),
            kind: DataSpaceType::Testing,
            project_id: ProjectId::parse("11111111-1111-4111-8111-111111111111").unwrap(),
            project_name: "Shop".into(),
            mage_id: None,
            organisation: None,
            features: Vec::new(),
            cloud_id: None,
            account_sync: None,
        }
    }

    fn fixture() -> (Arc<FakeClock>, FakeGateway, ApiKey) {
        let clock = Arc::new(FakeClock::default());
        let gateway = FakeGateway::new(clock.clone());
        let account = MageId::parse("MAG000000001").unwrap();
        let api_key = ApiKey::parse(&"a".repeat(32)).unwrap();
        gateway.register(&account, Purpose::Production, &api_key, &keys::der(0));
        gateway.add_data_space(&account, space(1));
        (clock, gateway, api_key)
    }

    #[tokio::test]
    async fn the_fake_keeps_the_contract() {
        let (clock, gateway, api_key) = fixture();
        let expires = clock.now().seconds() + 300;
        let case = GatewayCase {
            purpose: Purpose::Production,
            api_key: &api_key,
            token: &token(&keys::der(0), expires),
            wrong_token: &token(&keys::der(1), expires),
            unknown_key: &ApiKey::parse(&"b".repeat(32)).unwrap(),
            data_space: &space(1).id,
            absent_data_space: &space(9).id,
            absent_project: &ProjectId::parse("99999999-9999-4999-8999-999999999999").unwrap(),
            may_create: true,
        };
        gateway_contract(&gateway, &case).await.unwrap();
        assert_eq!(
            gateway.cloud_label(&space(1).id).as_deref(),
            Some("abcdef123")
        );
        assert_eq!(
            gateway.calls().iter().filter(|call| !call.accepted).count(),
            6
        );
    }

    #[tokio::test]
    async fn keys_do_not_count_at_the_other_gateway_nor_after_their_time() {
        let (clock, gateway, api_key) = fixture();
        let token = token(&keys::der(0), clock.now().seconds() + 300);
        let bearer = Bearer {
            api_key: &api_key,
            token: &token,
        };
        let kind = |answer: Result<Answered<()>, GatewayError>| match answer {
            Err(GatewayError::Rejected { kind, .. }) => Some(kind),
            _ => None,
        };
        let other = gateway.ping(Purpose::Sandbox, &bearer).await;
        assert_eq!(kind(other), Some(Rejection::UnknownApiKey));
        clock.advance(Duration::from_secs(301));
        let late = gateway.ping(Purpose::Production, &bearer).await;
        assert_eq!(kind(late), Some(Rejection::BadSignature));
    }

    #[tokio::test]
    async fn it_fails_when_told() {
        let (clock, gateway, api_key) = fixture();
        let token = token(&keys::der(0), clock.now().seconds() + 300);
        let bearer = Bearer {
            api_key: &api_key,
            token: &token,
        };
        gateway.trouble.always(GatewayError::TimedOut);
        let answer = gateway.ping(Purpose::Production, &bearer).await;
        assert_eq!(answer, Err(GatewayError::TimedOut));
    }
}
