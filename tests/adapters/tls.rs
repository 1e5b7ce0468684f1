//! Whom the gateway adapter believes to be the gateway: servers with bad certificates or old
//! protocols are refused before a byte of a token leaves (promise 5).

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const PROBE: &str = env!("CARGO_BIN_EXE_gateway-probe");

/// What is special about a certificate.
#[derive(Clone, Copy)]
struct Wish {
    host: &'static str,
    days: (&'static str, &'static str),
    key: &'static [&'static str],
    digest: &'static str,
    purpose: &'static str,
}

const USUAL: Wish = Wish {
    host: "IP:127.0.0.1",
    days: ("20200101000000Z", "20990101000000Z"),
    key: &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    digest: "sha256",
    purpose: "serverAuth",
};

/// A certificate authority of the test's own.
struct Authority {
    folder: tempfile::TempDir,
}

impl Authority {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Self { folder };
        fs::write(
            authority.path("ca.cnf"),
            "[ca]\ndefault_ca=own\n[own]\nnew_certs_dir=.\ndatabase=index\nrand_serial=yes\n\
             policy=any\nunique_subject=no\n[any]\ncommonName=supplied\n\
             [req]\ndistinguished_name=none\n[none]\n",
        )
        .unwrap();
        fs::write(authority.path("index"), "").unwrap();
        for name in ["ca", "stranger"] {
            authority.key(name, USUAL.key);
            let file = |end| format!("{name}.{end}");
            authority.openssl(&[
                "req",
                "-x509",
                "-new",
                "-config",
                "ca.cnf",
                "-days",
                "3650",
                "-key",
                &file("key"),
                "-out",
                &file("pem"),
                "-subj",
                &format!("/CN=Test {name}"),
                "-addext",
                "basicConstraints=critical,CA:TRUE",
            ]);
        }
        authority
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn openssl(&self, arguments: &[&str]) {
        let output = Command::new("openssl")
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "openssl {arguments:?}: {told}");
    }

    fn key(&self, name: &str, kind: &[&str]) {
        let out = format!("{name}.key");
        self.openssl(&[&["genpkey", "-out", &out], kind].concat());
    }

    /// Makes a key and a certificate signed by `issuer`; leaves `name`.key and `name`.pem.
    fn issue(&self, name: &str, issuer: &str, wish: Wish) {
        self.key(name, wish.key);
        let file = |end: &str| format!("{name}.{end}");
        self.openssl(&[
            "req",
            "-new",
            "-config",
            "ca.cnf",
            "-key",
            &file("key"),
            "-out",
            &file("csr"),
            "-subj",
            "/CN=127.0.0.1",
        ]);
        let mut extensions = format!("extendedKeyUsage={}\n", wish.purpose);
        if !wish.host.is_empty() {
            extensions.push_str(&format!("subjectAltName={}\n", wish.host));
        }
        fs::write(self.path(&file("ext")), extensions).unwrap();
        self.openssl(&[
            "ca",
            "-batch",
            "-notext",
            "-config",
            "ca.cnf",
            "-in",
            &file("csr"),
            "-out",
            &file("pem"),
            "-cert",
            &format!("{issuer}.pem"),
            "-keyfile",
            &format!("{issuer}.key"),
            "-md",
            wish.digest,
            "-startdate",
            wish.days.0,
            "-enddate",
            wish.days.1,
            "-extfile",
            &file("ext"),
        ]);
    }
}

/// A server that answers pings over TLS. Ends when dropped.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(authority: &Authority, name: &str, chain: Option<&str>, more: &[&str]) -> Self {
        let answers = authority.path("merchant-registry/v1");
        fs::create_dir_all(&answers).unwrap();
        fs::write(answers.join("ping"), "{}").unwrap();
        let file = |end: &str| format!("{name}.{end}");
        let mut command = Command::new("openssl");
        command
            .args(["s_server", "-accept", "127.0.0.1:0", "-WWW"])
            .args(["-cert", &file("pem"), "-key", &file("key")])
            .args(more)
            .current_dir(authority.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        if let Some(chain) = chain {
            command.args(["-cert_chain", &format!("{chain}.pem")]);
        }
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = loop {
            let line = lines.next().expect("the server came up").unwrap();
            if let Some(place) = line.strip_prefix("ACCEPT ") {
                break place.rsplit(':').next().unwrap().trim().parse().unwrap();
            }
        };
        // Nobody reads on: what it prints must not fill the pipe.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Self { child, port }
    }

    /// What the adapter says of it, with `trusted` as the computer's only authority.
    fn judged(&self, trusted: &Path) -> String {
        let output = Command::new(PROBE)
            .arg(format!("https://127.0.0.1:{}/", self.port))
            .env("SSL_CERT_FILE", trusted)
            .env_remove("SSL_CERT_DIR")
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Every refusal is of the connection itself and says what is wrong with it.
fn assert_refused(what: &str, said: &str, why: &str) {
    assert!(
        said.starts_with("the gateway could not be reached: ") && said.contains(why),
        "{what}: {said}"
    );
}

#[test]
fn a_good_server_is_believed() {
    let authority = Authority::new();
    authority.issue("good", "ca", USUAL);
    for version in [&["-tls1_2"][..], &["-tls1_3"], &[]] {
        let server = Server::start(&authority, "good", None, version);
        assert_eq!(server.judged(&authority.path("ca.pem")), "accepted");
    }
}

#[test]
fn bad_certificates_are_refused() {
    let authority = Authority::new();
    let rsa_1024 = &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"];
    let cases = [
        (
            "expired",
            Wish {
                days: ("20200101000000Z", "20200201000000Z"),
                ..USUAL
            },
            "has expired",
        ),
        (
            "not yet",
            Wish {
                days: ("20980101000000Z", "20990101000000Z"),
                ..USUAL
            },
            "is not valid yet",
        ),
        (
            "other host",
            Wish {
                host: "DNS:commerce.adobe.io",
                ..USUAL
            },
            "for another name",
        ),
        ("no host", Wish { host: "", ..USUAL }, "for another name"),
        (
            "for clients",
            Wish {
                purpose: "clientAuth",
                ..USUAL
            },
            "certificate",
        ),
        (
            "signed with SHA-1",
            Wish {
                digest: "sha1",
                ..USUAL
            },
            "certificate",
        ),
        (
            "weak key",
            Wish {
                key: rsa_1024,
                ..USUAL
            },
            "",
        ),
    ];
    for (what, wish, why) in cases {
        authority.issue("bad", "ca", wish);
        let weak = ["-cipher", "DEFAULT@SECLEVEL=0"];
        let server = Server::start(&authority, "bad", None, &weak);
        assert_refused(what, &server.judged(&authority.path("ca.pem")), why);
    }
}

#[test]
fn strange_issuers_are_refused() {
    let authority = Authority::new();
    let trusted = authority.path("ca.pem");
    authority.issue("of-stranger", "stranger", USUAL);
    let server = Server::start(&authority, "of-stranger", Some("stranger"), &[]);
    assert_refused(
        "unknown authority",
        &server.judged(&trusted),
        "does not know",
    );

    let server = Server::start(&authority, "stranger", None, &[]);
    assert_refused("signed by itself", &server.judged(&trusted), "certificate");

    // A good certificate of an ordinary server, used to sign another one.
    authority.issue("good", "ca", USUAL);
    authority.issue("of-good", "good", USUAL);
    let server = Server::start(&authority, "of-good", Some("good"), &[]);
    assert_refused("issuer is none", &server.judged(&trusted), "certificate");
}

#[test]
fn old_protocols_are_refused() {
    let authority = Authority::new();
    let rsa = &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
    authority.issue("good", "ca", Wish { key: rsa, ..USUAL });
    for version in ["-tls1", "-tls1_1"] {
        let old = [version, "-cipher", "ALL:@SECLEVEL=0"];
        let server = Server::start(&authority, "good", None, &old);
        // The server is fine for somebody who still speaks that.
        let place = format!("127.0.0.1:{}", server.port);
        let speaks = Command::new("openssl")
            .args(["s_client", "-connect", &place])
            .args(old)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(speaks.status.success(), "{version} is not to be had here");
        assert_refused(version, &server.judged(&authority.path("ca.pem")), "");
    }
    // TLS 1.2 with nothing but a cipher without forward secrecy or authentication.
    for cipher in ["AES128-SHA:@SECLEVEL=0", "aNULL:@SECLEVEL=0"] {
        let weak = ["-tls1_2", "-cipher", cipher];
        let server = Server::start(&authority, "good", None, &weak);
        assert_refused(cipher, &server.judged(&authority.path("ca.pem")), "");
    }
}

#[test]
fn a_computer_without_authorities_says_so() {
    let authority = Authority::new();
    authority.issue("good", "ca", USUAL);
    let server = Server::start(&authority, "good", None, &[]);
    let empty = authority.path("empty.pem");
    fs::write(&empty, "").unwrap();
    let said = server.judged(&empty);
    assert!(said.contains("ca-certificates"), "{said}");
}
