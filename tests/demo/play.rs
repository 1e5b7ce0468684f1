//! The main job on the six instances, over the demo's own outside.

use patchbay_adapters::demo::{DemoDirectory, open};
use patchbay_core::Patchbay;
use patchbay_core::config::{ConfigPath, Purpose};
use patchbay_core::connection::ConnectionState::{
    self, AccountNotVerified, Connected, DataSpaceConflict, Drifted, NotConnected, Unreachable,
};
use patchbay_core::connection::check::Checked;
use patchbay_core::journal::JournalCheck;
use patchbay_core::push::order::{OrderKind, Outcome, PushOrder};
use patchbay_simulator::demo::play::{Deed, Played};
use patchbay_simulator::demo::{Demo, Story};
use patchbay_simulator::fleet::{Tally, Troubles};
use patchbay_tests::canary::Canary;

use crate::refusals::places;

struct Stage {
    demo: Demo,
    directory: DemoDirectory,
    patchbay: Patchbay,
}

/// The demo as it begins.
async fn stage() -> Stage {
    let demo = Demo::start().unwrap();
    let directory = DemoDirectory::temporary().unwrap();
    let patchbay = Patchbay::new(open(&directory, places(&demo)).unwrap(), "mei");
    demo.seed(&patchbay).await.unwrap();
    Stage {
        demo,
        directory,
        patchbay,
    }
}

impl Stage {
    async fn play(&self) -> Played {
        self.demo.play(&self.patchbay, &|_| {}).await.unwrap()
    }

    fn tally(&self, story: Story) -> Tally {
        let tally = |instance: &mut patchbay_simulator::fleet::Instance| instance.tally.clone();
        self.demo.fleet().with(story.target(), tally).unwrap()
    }
}

fn states(checked: &[Checked]) -> Vec<ConnectionState> {
    checked
        .iter()
        .map(|one| one.evidence.verdict.state)
        .collect()
}

#[tokio::test]
async fn six_states_become_what_each_should_be() {
    let stage = stage().await;
    let played = stage.play().await;
    assert_eq!(
        states(&played.before),
        [
            Connected,
            DataSpaceConflict,
            Drifted,
            AccountNotVerified,
            NotConnected,
            Unreachable
        ],
        "six instances, six states"
    );
    assert_eq!(
        states(&played.after),
        [
            Connected,
            NotConnected,
            Drifted,
            Connected,
            Connected,
            Unreachable
        ]
    );
    assert!(played.deeds.iter().all(Deed::went_as_meant));

    let blocked = played.deeds[2].report.as_ref().unwrap();
    let said = &blocked.instances[0].guards[0];
    assert_eq!(said.id.as_str(), "G3");
    assert_eq!(
        said.text,
        "Production belongs to Harbour Tea live. Each instance needs its own."
    );

    assert_eq!(stage.tally(Story::NewShop).gos, 1, "a guard sends nothing");
    assert_eq!(stage.tally(Story::ConnectedYearsAgo).gos, 0);
    let held = |story: Story| stage.demo.fleet().with(story.target(), |one| one.held());
    assert_eq!(held(Story::CopyOfLive).unwrap(), []);
    assert_eq!(held(Story::NewShop).unwrap().len(), 9);
    assert_eq!(held(Story::ConnectedYearsAgo).unwrap().len(), 9);
    let journal = stage.patchbay.verify_journal().await.unwrap();
    assert!(matches!(journal, JournalCheck::Good { lines } if lines > 4));
}

#[tokio::test]
async fn no_private_key_reaches_the_disk_or_the_fleets_answers() {
    let stage = stage().await;
    let played = stage.play().await;
    let mut canary = Canary::default();
    let mut learned = 0;
    for key in stage.demo.cast().every_key() {
        canary.learn(key.private_key.expose());
        learned += 1;
    }
    assert_eq!(learned, 7);
    assert_eq!(canary.count_below(stage.directory.path()), 0);
    assert_eq!(canary.count(format!("{played:?}").as_bytes()), 0);
    let planted = stage.directory.path().join("planted");
    let key = stage.demo.cast().every_key().next().unwrap();
    std::fs::write(&planted, key.private_key.expose()).unwrap();
    let found = canary.count_below(stage.directory.path());
    assert!(found > 0, "a planted one is found");
}

#[tokio::test]
async fn what_was_done_can_be_taken_back_and_rejected_keys_do_not_come_back() {
    let stage = stage().await;
    let played = stage.play().await;
    let entry = |deed: &Deed| {
        let report = deed.report.as_ref().unwrap();
        report.instances[0].entry.clone().unwrap()
    };
    let undo = |deed: &Deed, story: Story| {
        let mut order = PushOrder::new(OrderKind::Undo(entry(deed)), Vec::new());
        order.confirmed = vec![story.name().to_owned()];
        order
    };
    let order = undo(&played.deeds[3], Story::NewShop);
    let undone = stage.patchbay.push(&order, &|_, _| {}).await.unwrap();
    assert_eq!(undone.instances[0].outcome, Outcome::Pushed);
    let held = stage
        .demo
        .fleet()
        .with(Story::NewShop.target(), |one| one.held());
    assert_eq!(held.unwrap(), [], "as empty as before");

    let order = undo(&played.deeds[4], Story::KeysRejected);
    let refused = stage.patchbay.push(&order, &|_, _| {}).await.unwrap();
    assert_eq!(refused.instances[0].outcome, Outcome::Blocked);
    let said = refused.instances[0].error.as_ref().unwrap().to_string();
    assert!(said.contains("would stop this shop"), "{said}");
}

#[tokio::test]
async fn a_private_key_can_be_taken_over_from_the_live_shop() {
    let stage = stage().await;
    let live = Story::ConnectedYearsAgo.name();
    let adopted = stage.patchbay.adopt_instance(live, true).await.unwrap();
    let mut taken = adopted.taken;
    taken.sort();
    assert_eq!(taken, [Purpose::Sandbox, Purpose::Production]);
}

#[tokio::test]
async fn a_server_that_answers_again_turns_connected() {
    let stage = stage().await;
    let story = Story::BehindFirewall;
    stage.demo.fleet().with(story.target(), |one| {
        one.troubles = Troubles::default();
    });
    let name = [story.name().to_owned()];
    let checked = stage.patchbay.check(&name).await.unwrap();
    assert_eq!(states(&checked), [Connected]);
    stage.demo.fleet().with(story.target(), |one| {
        one.unset(ConfigPath::ProductionPrivateKey);
    });
    let checked = stage.patchbay.check(&name).await.unwrap();
    assert_eq!(states(&checked), [ConnectionState::Incomplete]);
}
