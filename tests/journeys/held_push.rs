//! A push that stands still at one of its own steps, so that a journey can end it, or something
//! around it, just there. It is the same core over the same outside as `patchbayctl`'s; what it
//! adds lies around the transport port, and no released program has it.
//!
//! Arguments: step, data directory, production gateway, sandbox gateway, names of instances. Says
//! `held` on a line for each instance that stands there, goes on when standard input ends, and at
//! the end says in JSON how each instance's part ended.

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use patchbay_adapters::outside::{self, Overrides};
use patchbay_core::id::Nonce;
use patchbay_core::instance::{Instance, SshWay};
use patchbay_core::look::Look;
use patchbay_core::ports::transport::{
    BeginRequest, Conversation, FeedEnd, FeedsRequest, FeedsThere, Go, HostKey, LookRequest,
    OnLine, Ready, ResyncRequest, Survey, Transport, TransportError,
};
use patchbay_core::push::order::{OrderKind, PushOrder, Step};
use patchbay_core::{Patchbay, Ports};
use tokio::sync::watch;

/// Where it stands still.
struct Hold {
    step: String,
    on: watch::Sender<bool>,
}

impl Hold {
    fn is(&self, step: &str) -> bool {
        let here = self.step == step;
        if here {
            println!("held");
        }
        here
    }

    async fn at(&self, step: &str) {
        if self.is(step) {
            let _ = self.on.subscribe().wait_for(|on| *on).await;
        }
    }

    /// Holds everything: where a push tells how far it is, nothing can be awaited.
    fn all_at(&self, step: &str) {
        if self.is(step) {
            while !*self.on.borrow() {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
    }
}

struct HeldTransport {
    inner: Arc<dyn Transport>,
    hold: Arc<Hold>,
}

struct HeldConversation {
    inner: Box<dyn Conversation>,
    hold: Arc<Hold>,
}

#[async_trait::async_trait]
impl Conversation for HeldConversation {
    fn ready(&self) -> &Ready {
        self.inner.ready()
    }

    async fn go(&mut self, sealed: &[u8]) -> Result<Go, TransportError> {
        // The journal's line and the blob are on disk by now.
        self.hold.at("go").await;
        let told = self.inner.go(sealed).await;
        self.hold.at("told").await;
        told
    }

    async fn finish(self: Box<Self>) -> Result<Look, TransportError> {
        let Self { inner, hold } = *self;
        let look = inner.finish().await;
        // What is left is to write the closing line.
        hold.at("closing").await;
        look
    }

    async fn leave(self: Box<Self>) {
        self.inner.leave().await;
    }
}

#[async_trait::async_trait]
impl Transport for HeldTransport {
    async fn look(&self, way: &SshWay, request: &LookRequest) -> Result<Look, TransportError> {
        self.inner.look(way, request).await
    }

    async fn begin(
        &self,
        way: &SshWay,
        request: &BeginRequest,
    ) -> Result<Box<dyn Conversation>, TransportError> {
        self.hold.at("connect").await;
        let inner = self.inner.begin(way, request).await?;
        self.hold.at("journal").await;
        let hold = Arc::clone(&self.hold);
        Ok(Box::new(HeldConversation { inner, hold }))
    }

    async fn host_keys(&self, way: &SshWay) -> Result<Vec<HostKey>, TransportError> {
        self.inner.host_keys(way).await
    }

    async fn trust(&self, way: &SshWay, fingerprint: &str) -> Result<HostKey, TransportError> {
        self.inner.trust(way, fingerprint).await
    }

    async fn feeds(
        &self,
        way: &SshWay,
        request: &FeedsRequest,
    ) -> Result<FeedsThere, TransportError> {
        self.inner.feeds(way, request).await
    }

    async fn resync(
        &self,
        way: &SshWay,
        request: &ResyncRequest,
        on_line: OnLine<'_>,
    ) -> Result<FeedEnd, TransportError> {
        self.inner.resync(way, request, on_line).await
    }

    async fn survey(&self, way: &SshWay, nonce: &Nonce) -> Result<Survey, TransportError> {
        self.inner.survey(way, nonce).await
    }

    async fn host_of(&self, way: &SshWay) -> Result<String, TransportError> {
        self.inner.host_of(way).await
    }
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().unwrap();
    let (step, data) = (next(), next());
    let overrides = Overrides {
        production_gateway: Some(next()),
        sandbox_gateway: Some(next()),
        ..Overrides::default()
    };
    let names: Vec<String> = arguments.collect();
    let hold = Arc::new(Hold {
        step,
        on: watch::Sender::new(false),
    });
    let waiting = Arc::clone(&hold);
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        waiting.on.send_replace(true);
    });
    let ports = outside::open(data.as_ref(), overrides).await.unwrap();
    let transport = Arc::new(HeldTransport {
        inner: Arc::clone(&ports.transport),
        hold: Arc::clone(&hold),
    });
    let patchbay = Patchbay::new(Ports { transport, ..ports }, "mei");
    let order = PushOrder::new(OrderKind::Assignment, names);
    // The closing line is written by now.
    let on_step = move |_: &Instance, step: Step| {
        if step == Step::Verifying {
            hold.all_at("closed");
        }
    };
    let report = patchbay.push(&order, &on_step).await.unwrap();
    let told: serde_json::Map<_, _> = report
        .instances
        .iter()
        .map(|result| (result.name.clone(), result.outcome.as_str().into()))
        .collect();
    println!("{}", serde_json::Value::Object(told));
}
