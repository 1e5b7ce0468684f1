//! Loopback listeners whose connections can be cut without a byte of an answer.
//!
//! Nothing here ever binds anything but 127.0.0.1 or ::1.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How long open connections may take to end when a server stops.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// Why a listener could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Only 127.0.0.1 and ::1 are served.
    #[error("the simulator only listens on 127.0.0.1 or ::1, not on {0}")]
    NotLoopback(IpAddr),
    /// The system refused; mostly the port is in use.
    #[error("could not listen on {address}: {source}")]
    System {
        /// The address asked for.
        address: SocketAddr,
        /// The system's reason.
        source: io::Error,
    },
}

/// Opens a listener on a loopback address; port 0 takes a free one.
pub(crate) fn bind(ip: IpAddr, port: u16) -> Result<std::net::TcpListener, BindError> {
    if ip != IpAddr::from([127, 0, 0, 1]) && ip != IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]) {
        return Err(BindError::NotLoopback(ip));
    }
    let address = SocketAddr::new(ip, port);
    let open = || {
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    };
    open().map_err(|source| BindError::System { address, source })
}

/// A handle on one connection, which can cut it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line(Arc<AtomicBool>);

impl Line {
    /// From now on every write fails, so that the server closes the connection unanswered.
    pub(crate) fn cut(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn check(&self) -> io::Result<()> {
        if self.0.load(Ordering::Acquire) {
            Err(io::ErrorKind::ConnectionReset.into())
        } else {
            Ok(())
        }
    }
}

/// A listener that hands out cuttable connections.
pub(crate) struct Loopback(pub(crate) TcpListener);

impl Listener for Loopback {
    type Io = Cuttable;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        let _ = stream.set_nodelay(true);
        (
            Cuttable {
                stream,
                line: Line::default(),
            },
            address,
        )
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, Loopback>> for Line {
    fn connect_info(stream: IncomingStream<'_, Loopback>) -> Self {
        stream.io().line.clone()
    }
}

/// A connection that stops writing once its [`Line`] was cut.
pub(crate) struct Cuttable {
    stream: TcpStream,
    line: Line,
}

impl AsyncRead for Cuttable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Cuttable {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.line.check()?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.line.check()?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Listeners that are served from a thread of their own until this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// Begins to serve.
    pub(crate) fn start(
        name: &str,
        served: Vec<(std::net::TcpListener, Router)>,
    ) -> io::Result<Self> {
        let (stop, stopped) = watch::channel(false);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                runtime.block_on(serve(served, stopped));
                // Whoever never answers is not waited for.
                runtime.shutdown_timeout(LAST_WORDS);
            })?;
        Ok(Self {
            stop,
            thread: Some(thread),
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            // A panic in there was already reported by its own thread.
            let _ = thread.join();
        }
    }
}

async fn serve(served: Vec<(std::net::TcpListener, Router)>, mut stopped: watch::Receiver<bool>) {
    let mut tasks = JoinSet::new();
    for (listener, router) in served {
        let mut stopped = stopped.clone();
        tasks.spawn(async move {
            let listener = Loopback(TcpListener::from_std(listener)?);
            let service = router.into_make_service_with_connect_info::<Line>();
            let signal = async move {
                let _ = stopped.wait_for(|stop| *stop).await;
            };
            axum::serve(listener, service)
                .with_graceful_shutdown(signal)
                .await
        });
    }
    let _ = stopped.wait_for(|stop| *stop).await;
    let ended = async { while tasks.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(LAST_WORDS, ended).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_bound() {
        for ip in ["0.0.0.0", "::", "127.0.0.2", "10.0.0.1", "::ffff:127.0.0.1"] {
            let refused = bind(ip.parse().unwrap(), 0);
            assert!(matches!(refused, Err(BindError::NotLoopback(_))), "{ip}");
        }
        assert!(bind("127.0.0.1".parse().unwrap(), 0).is_ok());
    }

    #[test]
    fn a_port_in_use_is_said_with_its_address() {
        let first = bind("127.0.0.1".parse().unwrap(), 0).unwrap();
        let address = first.local_addr().unwrap();
        let text = bind(address.ip(), address.port()).unwrap_err().to_string();
        assert!(text.contains(&address.to_string()), "{text}");
    }
}
