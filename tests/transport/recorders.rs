//! Far ends that keep what they are given: 16 kinds, and not one window of a key in what they kept.
//!
//! Each kind is also given a key the way a careless tool would send it; where that is not found in
//! the recording, the kind records nothing and proves nothing.

use std::path::{Path, PathBuf};
use std::time::Duration;

use patchbay_adapters::transport::SshTransport;
use patchbay_core::instance::SshWay;
use patchbay_core::ports::transport::{Go, Transport as _, TransportError};
use patchbay_tests::canary::Canary;
use patchbay_tests::ground::InstanceOptions;

use crate::asking::{Site, begin_request, everything, script, send, settings, site};
use crate::keys::{OTHER, USUAL};

/// The ground with a folder for recordings.
struct Yard {
    site: Site,
    canary: Canary,
    impatient: SshTransport,
}

/// How a careless tool sends a key to the same far end.
struct Careless<'a> {
    command: String,
    input: &'a [u8],
}

impl Yard {
    async fn open() -> Self {
        let site = site(InstanceOptions::default()).await;
        let mut canary = Canary::default();
        canary.learn(USUAL.pem);
        canary.learn(OTHER.pem);
        let mut settings = settings(site.folder.path());
        (settings.connect, settings.answer) = (Duration::from_secs(2), Duration::from_millis(700));
        let yard = Self {
            impatient: SshTransport::new(settings),
            site,
            canary,
        };
        std::fs::create_dir(yard.kept()).unwrap();
        std::fs::create_dir(yard.shims()).unwrap();
        yard
    }

    /// Where everything recorded goes.
    fn kept(&self) -> PathBuf {
        self.site.ground.folder().join("kept")
    }

    fn shims(&self) -> PathBuf {
        self.site.ground.folder().join("shims")
    }

    fn file(&self, name: &str) -> String {
        self.kept().join(name).display().to_string()
    }

    fn php(&self) -> String {
        self.site.instance.php().display().to_string()
    }

    /// The way with a shell script in place of php.
    fn with_php(&self, text: &str) -> SshWay {
        let php = script(self.site.ground.folder(), text);
        SshWay {
            php: Some(php.display().to_string()),
            ..self.site.way()
        }
    }

    /// What bash does before every command over ssh.
    fn at_login(&self, text: &str) {
        let rc = self.site.ground.folder().join("ssh/home/.bashrc");
        std::fs::write(rc, text).unwrap();
    }

    /// What sshd runs in place of what it is asked to.
    fn force(&self, program: Option<&Path>) {
        let folder = self.site.ground.folder().join("ssh");
        let key = std::fs::read_to_string(folder.join("client_key.pub")).unwrap();
        let line = match program {
            Some(program) => format!("command=\"{}\" {key}", program.display()),
            None => key,
        };
        std::fs::write(folder.join("authorized_keys"), line).unwrap();
    }

    /// A whole push as far as it goes.
    async fn push(&self, transport: &SshTransport, way: &SshWay) -> Result<Go, TransportError> {
        let mut talk = transport.begin(way, &begin_request(None)).await?;
        let go = send(&mut talk, &everything()).await?;
        if go == Go::Committed {
            talk.finish().await?;
        }
        Ok(go)
    }

    /// Pushes through a recorder, looks at what it kept, then gives it a key and looks again.
    async fn tried(
        &self,
        kind: &str,
        way: &SshWay,
        careless: Careless<'_>,
    ) -> Result<Go, TransportError> {
        self.tried_by(&self.site.transport, kind, way, careless)
            .await
    }

    async fn tried_by(
        &self,
        transport: &SshTransport,
        kind: &str,
        way: &SshWay,
        careless: Careless<'_>,
    ) -> Result<Go, TransportError> {
        let pushed = self.push(transport, way).await;
        assert_eq!(
            self.canary.count_below(&self.kept()),
            0,
            "{kind} kept a key"
        );
        let run = self
            .site
            .ground
            .run_over_ssh(&careless.command, careless.input);
        let _ = tokio::time::timeout(Duration::from_secs(5), run).await;
        let found = self.canary.count_below(&self.kept());
        assert!(
            found > 500,
            "{kind} would not have kept a key: {found} windows"
        );
        std::fs::remove_dir_all(self.kept()).unwrap();
        std::fs::create_dir(self.kept()).unwrap();
        let rows = "DELETE FROM core_config_data WHERE path LIKE 'services_connector/services%'";
        self.site.instance.sql(rows).await.unwrap();
        self.site.instance.clean_cache();
        pushed
    }
}

fn on_stdin(command: impl Into<String>) -> Careless<'static> {
    Careless {
        command: command.into(),
        input: USUAL.pem.as_bytes(),
    }
}

fn in_command(command: String) -> Careless<'static> {
    Careless {
        command,
        input: b"",
    }
}

/// Reads standard input to its end, as a tool would that takes a key there.
const READS: &str = "-r 'stream_get_contents(STDIN);'";

/// What stands in place of php.
fn php_of(way: &SshWay) -> String {
    way.php.clone().unwrap_or_default()
}

fn committed(pushed: &Result<Go, TransportError>) -> bool {
    *pushed == Ok(Go::Committed)
}

#[tokio::test]
async fn whoever_stands_before_php_keeps_no_key() {
    let yard = Yard::open().await;
    tee(&yard).await;
    let old = "s/PHP_VERSION_ID < 80100/true/";
    let old = changed(&yard, "an old PHP", old).await;
    assert!(
        matches!(old, Err(TransportError::PhpUnsuitable { .. })),
        "{old:?}"
    );
    let tracing = "1s/^/function xdebug_info() { return array(\"trace\"); } /";
    let traced = changed(&yard, "a tracing Xdebug", tracing).await;
    assert_eq!(traced, Err(TransportError::PhpTraces));
    typescript(&yard).await;
    processes(&yard).await;
}

async fn tee(yard: &Yard) {
    let way = yard.with_php(&format!(
        "tee -a {} | {} \"$@\"",
        yard.file("in"),
        yard.php()
    ));
    let careless = on_stdin(format!("{} {READS}", php_of(&way)));
    let tee = yard.tried("tee", &way, careless).await;
    assert!(committed(&tee), "{tee:?}");
}

/// A php that gets the program with `sed`'s change made to it, and whose input is kept.
async fn changed(yard: &Yard, kind: &str, sed: &str) -> Result<Go, TransportError> {
    let way = yard.with_php(&format!(
        "read -r line\nprintf '%s\\n' \"$line\" >>{0}\n\
         {{ printf '%s' \"$line\" | base64 -d | sed '{sed}' | base64 -w0; echo; tee -a {0}; }} | {1} \"$@\"",
        yard.file("in"),
        yard.php()
    ));
    let careless = on_stdin(format!("{} {READS}", php_of(&way)));
    yard.tried(kind, &way, careless).await
}

async fn typescript(yard: &Yard) {
    let inner = script(
        yard.site.ground.folder(),
        &format!(
            "exec {} -r 'eval(base64_decode(fgets(STDIN)));'",
            yard.php()
        ),
    );
    let way = yard.with_php(&format!(
        "exec script -q -f -I {} -O {} -c {}",
        yard.file("in"),
        yard.file("out"),
        inner.display()
    ));
    let careless = on_stdin(php_of(&way));
    let typed = yard
        .tried_by(&yard.impatient, "a typescript", &way, careless)
        .await;
    assert!(
        !committed(&typed),
        "a terminal in between is no way: {typed:?}"
    );
}

async fn processes(yard: &Yard) {
    let way = yard.with_php(&format!(
        "{{ tr '\\0' '\\n' </proc/$$/cmdline; env; }} >>{}\nexec {} \"$@\"",
        yard.file("process"),
        yard.php()
    ));
    let careless = in_command(format!("{} -r 1 -- '{}'", php_of(&way), USUAL.pem));
    let seen = yard.tried("a list of processes", &way, careless).await;
    assert!(committed(&seen), "{seen:?}");
}

#[tokio::test]
async fn whoever_stands_before_the_command_keeps_no_key() {
    let yard = Yard::open().await;
    noting_shell(&yard).await;
    reading_shell(&yard).await;
    yard.at_login(&format!("export PATH={}:$PATH\n", yard.shims().display()));
    sudo(&yard).await;
    docker(&yard).await;
    yard.at_login("");
    forced(&yard).await;
    menu(&yard).await;
}

async fn noting_shell(yard: &Yard) {
    yard.at_login(&format!(
        "trap 'printf \"%s\\n\" \"$BASH_COMMAND\" >>{}' DEBUG\n",
        yard.file("commands")
    ));
    let way = SshWay {
        php: Some("/nowhere/php".into()),
        ..yard.site.way()
    };
    let careless = in_command(format!("printf %s '{}'", USUAL.pem));
    let none = yard
        .tried("no PHP, and a shell that notes", &way, careless)
        .await;
    assert_eq!(none, Err(TransportError::PhpMissing));
}

async fn reading_shell(yard: &Yard) {
    yard.at_login(&format!("cat >>{}\n", yard.file("in")));
    let way = yard.site.way();
    let eaten = yard
        .tried_by(
            &yard.impatient,
            "a shell that reads the input",
            &way,
            on_stdin("true"),
        )
        .await;
    assert!(!committed(&eaten), "{eaten:?}");
}

async fn sudo(yard: &Yard) {
    let text = format!(
        "#!/bin/sh\n{{ printf '%s\\n' \"$@\"; env; }} >>{0}\n\
         while [ \"$1\" != -- ]; do shift; done\nshift\ntee -a {0} | \"$@\"\n",
        yard.file("sudo")
    );
    shim(yard, "sudo", &text);
    let way = SshWay {
        run_as: Some("daemon".into()),
        ..yard.site.way()
    };
    let careless = on_stdin(format!("sudo -- {} {READS}", yard.php()));
    let logged = yard.tried("a logging sudo", &way, careless).await;
    assert!(committed(&logged), "{logged:?}");
}

async fn docker(yard: &Yard) {
    let text = format!(
        "#!/bin/sh\n{{ printf '%s\\n' \"$@\"; env; }} >>{0}\n\
         [ \"$1 $2 $3\" = 'exec -i web' ] || exit 9\nshift 3\ntee -a {0} | \"$@\"\n",
        yard.file("docker")
    );
    shim(yard, "docker", &text);
    let way = SshWay {
        container: Some("web".into()),
        ..yard.site.way()
    };
    let careless = on_stdin(format!("docker exec -i web {} {READS}", yard.php()));
    let shimmed = yard.tried("a docker shim", &way, careless).await;
    assert!(committed(&shimmed), "{shimmed:?}");
}

async fn forced(yard: &Yard) {
    let program = script(
        yard.site.ground.folder(),
        &format!(
            "printf '%s\\n' \"$SSH_ORIGINAL_COMMAND\" >>{0}\ntee -a {0} | sh -c \"$SSH_ORIGINAL_COMMAND\"",
            yard.file("in")
        ),
    );
    yard.force(Some(&program));
    let way = yard.site.way();
    let careless = on_stdin(format!("{} {READS}", yard.php()));
    let passed = yard
        .tried("a forced command that passes on", &way, careless)
        .await;
    assert!(committed(&passed), "{passed:?}");
    yard.force(None);
}

async fn menu(yard: &Yard) {
    let program = script(
        yard.site.ground.folder(),
        &format!("echo 'Choose: 1) backup'\ncat >>{}", yard.file("in")),
    );
    yard.force(Some(&program));
    let way = yard.site.way();
    let menu = yard
        .tried_by(&yard.impatient, "a menu", &way, on_stdin("true"))
        .await;
    assert!(!committed(&menu), "{menu:?}");
    yard.force(None);
}

fn shim(yard: &Yard, name: &str, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    let file = yard.shims().join(name);
    std::fs::write(&file, text).unwrap();
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[tokio::test]
async fn whoever_stands_behind_php_keeps_no_key() {
    let yard = Yard::open().await;
    let ini = yard.site.ground.folder().join("ini");
    std::fs::create_dir(&ini).unwrap();
    let way = yard.with_php(&format!(
        "export PHP_INI_SCAN_DIR=:{}\nexec {} \"$@\"",
        ini.display(),
        yard.php()
    ));
    prepend(&yard, &ini, &way).await;
    let bootstrap = yard.site.instance.root.join("app/bootstrap.php");
    let usual = std::fs::read_to_string(&bootstrap).unwrap();
    talkative(&yard, &ini, &bootstrap);
    logs_everything(&yard, &way).await;
    throwing_setter(&yard, &way).await;
    std::fs::write(&bootstrap, usual).unwrap();
    general_log(&yard).await;
}

async fn prepend(yard: &Yard, ini: &Path, way: &SshWay) {
    let prepend = ini.join("prepend.php");
    let keeps = format!(
        "<?php file_put_contents('{}', print_r($_SERVER, true) . stream_get_contents(STDIN), FILE_APPEND);",
        yard.file("prepend")
    );
    std::fs::write(&prepend, keeps).unwrap();
    let setting = format!("auto_prepend_file={}\n", prepend.display());
    std::fs::write(ini.join("rec.ini"), setting).unwrap();
    let program = ini.join("program.php");
    std::fs::write(&program, "<?php stream_get_contents(STDIN);").unwrap();
    let careless = on_stdin(format!("{} {}", php_of(way), program.display()));
    let prepended = yard.tried("auto_prepend_file", way, careless).await;
    assert!(committed(&prepended), "{prepended:?}");
}

/// An application that switches every log on and dumps what it has when it ends.
fn talkative(yard: &Yard, ini: &Path, bootstrap: &Path) {
    let settings = format!(
        "log_errors=1\nerror_log={}\ndisplay_errors=1\nzend.exception_ignore_args=0\n\
         zend.exception_string_param_max_len=1000000\n",
        yard.file("php-errors")
    );
    std::fs::write(ini.join("rec.ini"), settings).unwrap();
    let usual = std::fs::read_to_string(bootstrap).unwrap();
    let talks = format!(
        "error_reporting(E_ALL);\nini_set('log_errors', '1');\nini_set('zend.exception_ignore_args', '0');\n\
         register_shutdown_function(static function () {{ file_put_contents('{}', print_r($GLOBALS, true) \
         . print_r(error_get_last(), true) . ob_get_contents(), FILE_APPEND); }});",
        yard.file("shutdown")
    );
    std::fs::write(bootstrap, usual.replace("error_reporting(E_ALL);", &talks)).unwrap();
}

async fn logs_everything(yard: &Yard, way: &SshWay) {
    let throws = "-r '$key = stream_get_contents(STDIN); (static fn ($it) => throw new Exception(\"no\"))($key);'";
    let careless = on_stdin(format!("{} {throws}", php_of(way)));
    let logged = yard
        .tried("a PHP that logs everything", way, careless)
        .await;
    assert!(committed(&logged), "{logged:?}");
}

async fn throwing_setter(yard: &Yard, way: &SshWay) {
    let root = &yard.site.instance.root;
    let encryption = root.join("lib/encryption.php");
    let sound = std::fs::read_to_string(&encryption).unwrap();
    let begins = "public function encrypt($data)\n        {\n";
    let throws = "if (str_contains((string) $data, 'PRIVATE KEY')) { trigger_error(\"odd: $data\"); \
                  throw new \\RuntimeException(\"cannot encrypt $data\"); }\n";
    let throwing = sound.replacen(begins, &format!("{begins}{throws}"), 1);
    assert_ne!(throwing, sound, "the encryptor has another shape");
    std::fs::write(&encryption, throwing).unwrap();
    let boots = "-r '$key = stream_get_contents(STDIN); require \"app/bootstrap.php\"; \
                 \\Magento\\Framework\\App\\Bootstrap::create(BP, $_SERVER)->getObjectManager()\
                 ->get(\"Magento\\Framework\\Encryption\\EncryptorInterface\")->encrypt($key);'";
    let careless = on_stdin(format!(
        "cd '{}' && {} {boots}",
        root.display(),
        php_of(way)
    ));
    let threw = yard.tried("a setter that throws", way, careless).await;
    assert!(matches!(threw, Ok(Go::NotWritten(_))), "{threw:?}");
    let said = format!("{threw:?}");
    assert_eq!(
        yard.canary.count(said.as_bytes()),
        0,
        "the answer repeats a key"
    );
    std::fs::write(&encryption, sound).unwrap();
}

async fn general_log(yard: &Yard) {
    let log = format!(
        "SET GLOBAL general_log_file = '{}'; SET GLOBAL general_log = 1",
        yard.file("general.log")
    );
    yard.site.instance.sql(&log).await.unwrap();
    let queried = yard.push(&yard.site.transport, &yard.site.way()).await;
    assert!(committed(&queried), "{queried:?}");
    let kept = std::fs::metadata(yard.kept().join("general.log")).unwrap();
    assert!(kept.len() > 1000, "the log keeps queries");
    let found = yard.canary.count_below(&yard.kept());
    assert_eq!(found, 0, "the general log kept a key");
    let careless = format!("SELECT LENGTH('{}')", USUAL.pem);
    yard.site.instance.sql(&careless).await.unwrap();
    let found = yard.canary.count_below(&yard.kept());
    assert!(found > 500, "the log would not have kept a key");
}

#[tokio::test]
async fn whoever_plays_another_run_gets_no_key() {
    let yard = Yard::open().await;
    let out = yard
        .site
        .ground
        .folder()
        .join("old-answer")
        .display()
        .to_string();
    let way = yard.with_php(&format!("{} \"$@\" | tee {out}", yard.php()));
    let real = yard.push(&yard.site.transport, &way).await;
    assert!(committed(&real), "{real:?}");

    let way = yard.with_php(&format!("cat {out}; tee -a {} >/dev/null", yard.file("in")));
    let replayed = yard
        .tried("an old ready", &way, on_stdin(php_of(&way)))
        .await;
    assert!(
        matches!(replayed, Err(TransportError::Garbled { .. })),
        "{replayed:?}"
    );

    let way = yard.with_php(&format!(
        "head -c 60 {out}; tee -a {} >/dev/null",
        yard.file("in")
    ));
    let half = yard
        .tried_by(
            &yard.impatient,
            "half of a ready",
            &way,
            on_stdin(php_of(&way)),
        )
        .await;
    assert!(
        matches!(half, Err(TransportError::TimedOut { .. })),
        "{half:?}"
    );
}
