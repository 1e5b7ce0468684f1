//! The main job on the six instances, end to end: check, adopt, disconnect, be stopped by a guard,
//! push, check again.
//!
//! Everything goes through the same core as a person's clicks. Not here: how it is told.

use patchbay_core::connection::check::Checked;
use patchbay_core::push::order::{OrderKind, Outcome, PushOrder, PushReport, Step};
use patchbay_core::{Patchbay, Result};

use super::{Demo, Story};

/// What was done to one instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// What it holds became its assignment; its private key stays there.
    Adopt,
    /// Keys and SaaS identifier were taken off a copy.
    Disconnect,
    /// It was to get the data space of another instance.
    PushTaken,
    /// What it should hold was applied.
    Push,
}

impl Act {
    /// The word in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Adopt => "adopt",
            Self::Disconnect => "disconnect",
            Self::PushTaken => "pushTakenDataSpace",
            Self::Push => "push",
        }
    }
}

/// One act and what came of it.
#[derive(Debug)]
pub struct Deed {
    /// Whom it was done to.
    pub story: Story,
    /// What was done.
    pub act: Act,
    /// What came of it; `None` for an adoption, which writes nothing there.
    pub report: Option<PushReport>,
}

/// Told while the job goes on.
#[derive(Debug)]
pub enum Scene<'a> {
    /// All are checked, for the first or the last time.
    Checking,
    /// Something begins.
    Begins(Story, Act),
    /// How far a push is.
    Step(Story, Step),
    /// Something was done.
    Done(&'a Deed),
}

/// The whole job.
#[derive(Debug)]
pub struct Played {
    /// How the six stood at first.
    pub before: Vec<Checked>,
    /// What was done, in order.
    pub deeds: Vec<Deed>,
    /// How they stand at the end.
    pub after: Vec<Checked>,
}

/// Told what happens; called from several tasks.
pub type OnScene<'a> = &'a (dyn Fn(Scene<'_>) + Send + Sync);

impl Demo {
    /// Plays the main job over a directory that was just [seeded](Demo::seed).
    ///
    /// # Errors
    /// The records or the keychain, or an instance that could not be adopted. What a push comes to
    /// is in its deed.
    pub async fn play(&self, patchbay: &Patchbay, tell: OnScene<'_>) -> Result<Played> {
        let stage = Acting {
            demo: self,
            patchbay,
            tell,
        };
        tell(Scene::Checking);
        let before = stage.check().await?;
        let deeds = vec![
            stage.adopt(Story::ConnectedYearsAgo).await?,
            stage.disconnect(Story::CopyOfLive).await?,
            stage.take_anothers_space(Story::NewShop).await?,
            stage.push(Story::NewShop).await?,
            stage.push(Story::KeysRejected).await?,
        ];
        tell(Scene::Checking);
        let after = stage.check().await?;
        Ok(Played {
            before,
            deeds,
            after,
        })
    }
}

struct Acting<'a> {
    demo: &'a Demo,
    patchbay: &'a Patchbay,
    tell: OnScene<'a>,
}

impl Acting<'_> {
    /// All six, in the order in which they are shown.
    async fn check(&self) -> Result<Vec<Checked>> {
        let names = Story::ALL.map(|story| story.name().to_owned());
        self.patchbay.check(&names).await
    }

    async fn adopt(&self, story: Story) -> Result<Deed> {
        (self.tell)(Scene::Begins(story, Act::Adopt));
        self.patchbay.adopt_instance(story.name(), false).await?;
        Ok(self.done(story, Act::Adopt, None))
    }

    async fn disconnect(&self, story: Story) -> Result<Deed> {
        let order = PushOrder::new(OrderKind::Detach, vec![story.name().to_owned()]);
        self.carry(story, Act::Disconnect, &order).await
    }

    /// Assigns the data space that another instance of the merchant has, and pushes: the guard
    /// stops it before anything is written.
    async fn take_anothers_space(&self, story: Story) -> Result<Deed> {
        if let Some(home) = self.demo.cast().meant_for(Story::KeysRejected) {
            self.demo.assign(self.patchbay, story, home).await?;
        }
        self.carry(story, Act::PushTaken, &assignment_of(story))
            .await
    }

    async fn push(&self, story: Story) -> Result<Deed> {
        if let Some(home) = self.demo.cast().meant_for(story) {
            self.demo.assign(self.patchbay, story, home).await?;
        }
        self.carry(story, Act::Push, &assignment_of(story)).await
    }

    async fn carry(&self, story: Story, act: Act, order: &PushOrder) -> Result<Deed> {
        (self.tell)(Scene::Begins(story, act));
        let on_step = |_: &patchbay_core::instance::Instance, step: Step| {
            (self.tell)(Scene::Step(story, step));
        };
        let report = self.patchbay.push(order, &on_step).await?;
        Ok(self.done(story, act, Some(report)))
    }

    fn done(&self, story: Story, act: Act, report: Option<PushReport>) -> Deed {
        let deed = Deed { story, act, report };
        (self.tell)(Scene::Done(&deed));
        deed
    }
}

fn assignment_of(story: Story) -> PushOrder {
    PushOrder::new(OrderKind::Assignment, vec![story.name().to_owned()])
}

impl Deed {
    /// Whether it came to what the job wants: written, or stopped where a guard must stop it.
    #[must_use]
    pub fn went_as_meant(&self) -> bool {
        let wanted = match self.act {
            Act::Adopt => return true,
            Act::PushTaken => Outcome::Blocked,
            Act::Disconnect | Act::Push => Outcome::Pushed,
        };
        let outcomes = self.report.iter().flat_map(|report| &report.instances);
        outcomes.clone().count() == 1 && outcomes.clone().all(|one| one.outcome == wanted)
    }
}
