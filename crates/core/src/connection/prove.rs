//! Letting Adobe answer about the keys an instance really holds.
//!
//! A token counts only once, only in the run it was signed for, and only for the API key that is
//! configured there. Not here: what the answers mean (judge).

use super::obstacle::{self, of_gateway, of_token};
use super::{AccountSync, AdobeProof, DataSpaceAnswer, PairAnswer, Remark};
use crate::config::{ConfigPath, Purpose};
use crate::error::Result;
use crate::id::{ApiKey, DataSpaceId};
use crate::instance::{Instance, SshWay};
use crate::look::{InstanceToken, Look};
use crate::patchbay::{Patchbay, Run};
use crate::ports::gateway::{Bearer, GatewayError};
use crate::secret::Secret;
use crate::token;

/// How often an instance is asked once more for a token of its own: two that hold one pair and sign
/// in the same second make the very same token.
const TRIES: usize = 3;

/// What a token that was handed over is good for.
enum Use<'a> {
    /// The instance has no such pair.
    Absent,
    /// It proves nothing, and Adobe is not asked; why.
    Nothing(Remark),
    /// An earlier run handed this very token over.
    Old,
    /// Its time is off: Adobe's refusal counts, an acceptance proves nothing; why.
    Off(Bearing<'a>, Remark),
    /// It proves what Adobe says.
    Good(Bearing<'a>),
}

/// What a question to Adobe is signed with.
#[derive(Clone, Copy)]
pub(super) struct Bearing<'a> {
    pub(super) api_key: &'a ApiKey,
    pub(super) token: &'a Secret,
}

/// An answer, with how far our clock is ahead of the gateway's where that said its time.
type Timed<T> = (T, Option<i64>);

impl<'a> Bearing<'a> {
    fn of(signed: &'a InstanceToken) -> Option<Self> {
        Some(Self {
            api_key: signed.api_key.as_ref()?,
            token: signed.token.as_ref().ok()?,
        })
    }

    fn bearer(&self) -> Bearer<'a> {
        Bearer {
            api_key: self.api_key,
            token: self.token,
        }
    }
}

impl Patchbay {
    /// Lets Adobe answer about a look's tokens. Where an instance handed over a token that another
    /// one made too, it is looked at again for one of its own.
    pub(crate) async fn prove(
        &self,
        instance: &Instance,
        way: &SshWay,
        mut look: Look,
        run: Run,
    ) -> Result<(Look, AdobeProof)> {
        let mut run = run;
        let mut tries = 1;
        loop {
            let (proof, again) = self.prove_once(instance, &look, run).await?;
            if !again || tries == TRIES {
                return Ok((look, proof));
            }
            tries += 1;
            run = self.new_run();
            match self.look_at(instance, way, None).await? {
                Ok(next) if next.pin == look.pin => look = next,
                Ok(_) | Err(_) => return Ok((look, proof)),
            }
        }
    }

    /// The proof, and whether the token of a pair was an old one.
    async fn prove_once(
        &self,
        instance: &Instance,
        look: &Look,
        run: Run,
    ) -> Result<(AdobeProof, bool)> {
        let production = self
            .use_of_token(instance, look, Purpose::Production, run)
            .await?;
        let sandbox = self
            .use_of_token(instance, look, Purpose::Sandbox, run)
            .await?;
        let used = look.saas_pair.clone().unwrap_or(Purpose::Production);
        let again = matches!(production, Use::Old) || matches!(sandbox, Use::Old);
        let bearing = match (used, &production, &sandbox) {
            (Purpose::Production, Use::Good(bearing), _)
            | (Purpose::Sandbox, _, Use::Good(bearing)) => Some(*bearing),
            _ => None,
        };
        // Asked at once: each is a journey to Adobe and back. What is said of the data space counts
        // only where the pair that asked was accepted.
        let ((production, one), (sandbox, two), data_space) = futures_util::join!(
            self.answer(Purpose::Production, production),
            self.answer(Purpose::Sandbox, sandbox),
            self.space_of(used, bearing, look),
        );
        let accepted = match used {
            Purpose::Production => &production,
            Purpose::Sandbox => &sandbox,
        } == &PairAnswer::Accepted;
        let (data_space, account_sync) = data_space.unzip();
        let account_sync = account_sync.flatten();
        let proof = AdobeProof {
            production,
            sandbox,
            account_sync,
            data_space: data_space.filter(|_| accepted).unwrap_or_else(|| {
                DataSpaceAnswer::NotProvable(of_token("The pair in use is not proven."))
            }),
            at: self.ports.clock.now(),
            by_instance_token: true,
            renewed_at: None,
            clock_ahead: one.or(two),
        };
        Ok((proof, again))
    }

    /// What Adobe says of a pair by the token that was handed over.
    async fn answer(&self, purpose: Purpose, handed: Use<'_>) -> Timed<PairAnswer> {
        match handed {
            Use::Absent => (PairAnswer::Absent, None),
            Use::Nothing(why) => (PairAnswer::NotProvable(why), None),
            Use::Old => {
                let why = of_token("The instance handed over an old token.");
                (PairAnswer::NotProvable(why), None)
            }
            Use::Off(bearing, why) => match self.ask_ping(purpose, bearing).await {
                rejected @ (PairAnswer::Rejected(_), _) => rejected,
                (_, ahead) => (PairAnswer::NotProvable(why), ahead),
            },
            Use::Good(bearing) => self.ask_ping(purpose, bearing).await,
        }
    }

    async fn space_of(
        &self,
        used: Purpose,
        bearing: Option<Bearing<'_>>,
        look: &Look,
    ) -> Option<(DataSpaceAnswer, Option<AccountSync>)> {
        let (bearing, id) = (bearing?, look.plain(ConfigPath::DataSpaceId)?);
        Some(self.ask_space(used, bearing, id).await)
    }

    async fn use_of_token<'a>(
        &self,
        instance: &Instance,
        look: &'a Look,
        purpose: Purpose,
        run: Run,
    ) -> Result<Use<'a>> {
        let api_key_there = look.exact(purpose.api_key_path());
        if api_key_there.is_none() && look.exact(purpose.private_key_path()).is_none() {
            return Ok(Use::Absent);
        }
        let nothing = |why: &str| Ok(Use::Nothing(of_token(why)));
        let Some(signed) = look.tokens.iter().find(|token| token.purpose == purpose) else {
            return nothing("The instance signed nothing.");
        };
        let bearing = match (&signed.api_key, &signed.token) {
            (None, _) => return nothing("The API key there is not usable."),
            (_, Err(why)) => {
                return Ok(Use::Nothing(of_token(format!(
                    "The instance could not sign: {why}."
                ))));
            }
            (Some(_), Ok(_)) => Bearing::of(signed),
        };
        let Some(bearing) = bearing else {
            return nothing("The instance signed nothing.");
        };
        // What Adobe says about some other pair of theirs says nothing about the configured one.
        let key = self.fingerprint_key().await?;
        if api_key_there != Some(&key.exact(bearing.api_key.as_str().as_bytes())) {
            return nothing("The instance signed for another API key than the configured one.");
        }
        let Some(expires) = token::expiry(bearing.token) else {
            return nothing("The instance handed over something that is no token.");
        };
        let off = expires - (self.ports.clock.now().seconds() + token::LIFETIME);
        let fresh = self
            .first_use(instance, bearing.token, expires, run)
            .await?;
        if off.abs() > token::SKEW {
            let why = Remark::new(
                "tokenTimeOff",
                format!(
                    "The instance's token is {} by this computer's clock; check both clocks.",
                    obstacle::off(off)
                ),
            )
            .with("seconds", off.to_string());
            return Ok(Use::Off(bearing, why));
        }
        Ok(if fresh { Use::Good(bearing) } else { Use::Old })
    }

    /// Remembers that a token was handed over; `true` where no earlier run had it.
    async fn first_use(
        &self,
        instance: &Instance,
        token: &Secret,
        expires: i64,
        run: Run,
    ) -> Result<bool> {
        let digest = token::digest(token);
        let records = &self.ports.records;
        let first = records.first_use_of_token(&digest, expires).await?;
        // A token from far ahead would keep the instance from ever signing again.
        let sensible = expires - (self.ports.clock.now().seconds() + token::LIFETIME);
        if sensible.abs() <= token::SKEW
            && expires > records.last_token_expiry(&instance.id).await?
        {
            records.set_last_token_expiry(&instance.id, expires).await?;
        }
        Ok(self.handed_over(&digest, &instance.id, first, run))
    }

    /// Remembers a look's tokens that nobody is asked about, so that they prove nothing later.
    pub(crate) async fn spend_tokens(
        &self,
        instance: &Instance,
        tokens: &[InstanceToken],
    ) -> Result<()> {
        let run = self.new_run();
        for token in tokens
            .iter()
            .filter_map(|signed| signed.token.as_ref().ok())
        {
            if let Some(expires) = token::expiry(token) {
                self.first_use(instance, token, expires, run).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn ask_ping(
        &self,
        purpose: Purpose,
        bearing: Bearing<'_>,
    ) -> Timed<PairAnswer> {
        match self.ports.gateway.ping(purpose, &bearing.bearer()).await {
            Ok(answered) => (PairAnswer::Accepted, answered.clock_ahead),
            Err(GatewayError::Rejected { kind, clock_ahead }) => {
                (PairAnswer::Rejected(kind), clock_ahead)
            }
            Err(error) => (PairAnswer::NotProvable(of_gateway(&error)), None),
        }
    }

    pub(super) async fn ask_space(
        &self,
        purpose: Purpose,
        bearing: Bearing<'_>,
        id: &str,
    ) -> (DataSpaceAnswer, Option<AccountSync>) {
        let Ok(id) = DataSpaceId::parse(id) else {
            return (DataSpaceAnswer::NotFound, None);
        };
        let gateway = &self.ports.gateway;
        match gateway.data_space(purpose, &bearing.bearer(), &id).await {
            Ok(answer) => {
                let space = answer.value;
                let found = DataSpaceAnswer::Found {
                    project: space.project_id,
                    kind: space.kind,
                    mage_id: space.mage_id,
                };
                (found, space.account_sync)
            }
            Err(GatewayError::NotFound) => (DataSpaceAnswer::NotFound, None),
            Err(error) => (DataSpaceAnswer::NotProvable(of_gateway(&error)), None),
        }
    }
}
