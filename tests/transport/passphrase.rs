//! The passphrase of the user's own key file: asked for by ssh, answered by a person, once, and only
//! where somebody waits and for a file of that target.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use patchbay_adapters::transport::askpass::{AskPerson, Askpass, Question};
use patchbay_adapters::transport::{SshSettings, SshTransport};
use patchbay_core::instance::SshWay;
use patchbay_core::ports::keychain::Asked;
use patchbay_core::ports::transport::{LookRequest, Transport as _, TransportError};
use patchbay_core::secret::Secret;
use patchbay_tests::bed::built;
use patchbay_tests::ground::InstanceOptions;

use crate::asking::{Site, look_request, settings, site};

const PASSPHRASE: &str = "correct horse / 電池";

/// Somebody who answers with the same words every time.
struct Person {
    answer: Option<&'static str>,
    asked: AtomicUsize,
    last: std::sync::Mutex<Option<Question>>,
}

#[async_trait]
impl AskPerson for Person {
    async fn ask(&self, question: &Question) -> Option<Secret> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        *self.last.lock().unwrap() = Some(question.clone());
        // Longer than an answer of the server may take: thinking is not its fault.
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        self.answer
            .map(|text| Secret::new(text.as_bytes().to_vec()))
    }
}

/// The ground with a key that needs a passphrase, and somebody to be asked.
struct Stage {
    site: Site,
    way: SshWay,
    person: Arc<Person>,
    transport: SshTransport,
}

async fn stage(answer: Option<&'static str>, user_config: Option<&str>) -> Stage {
    let site = site(InstanceOptions::default()).await;
    let key = site
        .ground
        .add_login_key("locked", PASSPHRASE)
        .await
        .unwrap();
    let person = Arc::new(Person {
        answer,
        asked: AtomicUsize::new(0),
        last: std::sync::Mutex::default(),
    });
    let config = site.folder.path().join("user_config");
    let text = user_config.unwrap_or_default();
    std::fs::write(&config, text.replace("LOCKED", &key.display().to_string())).unwrap();
    let mut settings = SshSettings {
        user_config: Some(config.display().to_string()),
        ..settings(site.folder.path())
    };
    settings.answer = std::time::Duration::from_secs(10);
    let askpass = Askpass {
        program: built().await.unwrap(),
        person: person.clone(),
    };
    Stage {
        way: SshWay {
            identity_file: Some(key.display().to_string()),
            ..site.way()
        },
        transport: SshTransport::new(settings).with_askpass(Some(askpass)),
        site,
        person,
    }
}

impl Stage {
    fn asked(&self) -> usize {
        self.person.asked.load(Ordering::SeqCst)
    }

    async fn look(&self, way: &SshWay, asked: Asked) -> Result<(), TransportError> {
        let request = LookRequest {
            asked,
            ..look_request()
        };
        self.transport.look(way, &request).await.map(drop)
    }
}

#[tokio::test]
async fn it_is_asked_once_in_a_run_that_somebody_waits_for_and_never_kept() {
    let stage = stage(Some(PASSPHRASE), None).await;
    assert_eq!(
        stage.look(&stage.way, Asked::ByNobody).await,
        Err(TransportError::LoginRefused)
    );
    assert_eq!(stage.asked(), 0, "nobody waits, nobody is asked");
    assert_eq!(stage.look(&stage.way, Asked::ByUser).await, Ok(()));
    let question = stage.person.last.lock().unwrap().clone().unwrap();
    assert!(question.file.ends_with("/locked"), "{question:?}");
    assert_eq!(question.target, stage.way.target);
    assert_eq!(stage.look(&stage.way, Asked::ByUser).await, Ok(()));
    assert_eq!(stage.asked(), 2, "the first answer was not kept");
    let open = stage.site.way();
    assert_eq!(stage.look(&open, Asked::ByUser).await, Ok(()));
    assert_eq!(stage.asked(), 2, "a key without one needs nobody");
}

#[tokio::test]
async fn a_wrong_or_no_answer_is_a_refused_sign_in_and_asked_once() {
    for answer in [Some("wrong"), None] {
        let stage = stage(answer, None).await;
        assert_eq!(
            stage.look(&stage.way, Asked::ByUser).await,
            Err(TransportError::LoginRefused)
        );
        assert_eq!(stage.asked(), 1);
    }
}

#[tokio::test]
async fn a_jump_host_and_a_command_of_the_users_own_are_given_none() {
    let ssh = |site: &Site| site.ground.ssh();
    let jump = "Host inner\n ProxyJump jump\n HostName 127.0.0.1\nHost jump inner\n HostKeyAlias the-ground\n\
                Host jump\n HostName 127.0.0.1\n IdentityFile LOCKED\n IdentitiesOnly yes\n";
    let stage = stage(Some(PASSPHRASE), Some(jump)).await;
    let server = ssh(&stage.site);
    let config = stage.site.folder.path().join("user_config");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(
        &config,
        format!(
            "{text}Host *\n Port {}\n User {}\n",
            server.port, server.user
        ),
    )
    .unwrap();
    let lines = stage.site.ground.known_hosts_lines();
    let alias: String = lines
        .lines()
        .take(1)
        .map(|line| format!("the-ground {}\n", line.split_once(' ').unwrap().1))
        .collect();
    std::fs::write(stage.site.folder.path().join("known_hosts"), lines + &alias).unwrap();
    let way = SshWay {
        target: "inner".into(),
        port: None,
        ..stage.site.way()
    };
    assert_eq!(
        stage.look(&way, Asked::ByUser).await,
        Err(TransportError::LoginRefused)
    );
    assert_eq!(stage.asked(), 0, "the jump host's key is not this target's");
    // The user's own command gets the same variables; its ssh is not ours, whatever it asks.
    let own = format!(
        "Host *\n ProxyCommand ssh -F none -i {} -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -p {} -W %h:%p {}@127.0.0.1\n",
        stage.way.identity_file.clone().unwrap(),
        server.port,
        server.user
    );
    std::fs::write(&config, own).unwrap();
    let both = SshWay {
        ..stage.way.clone()
    };
    let through = stage.look(&both, Asked::ByUser).await;
    assert!(through.is_err(), "{through:?}");
    assert_eq!(stage.asked(), 0, "a foreign ssh asked and was answered");
}
