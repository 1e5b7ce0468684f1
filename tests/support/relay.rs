//! A relay of our own between a client and a server on this computer: it can hold every byte back
//! for a while, both ways, and it can cut what runs through it.
//!
//! Deliberately not here: anything about what passes through.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use crate::ground::{GroundError, Result};

/// How many pieces may be under way in one direction; a piece is at most 16 KiB.
const UNDER_WAY: usize = 256;

/// A listening relay; gone, with everything that runs through it, when dropped.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    cuts: watch::Sender<u32>,
    listening: JoinHandle<()>,
}

impl Relay {
    /// Listens at a free port of `from` and passes on to `to`, each byte so much later, in each
    /// direction: a round trip takes twice that longer.
    ///
    /// # Errors
    /// When no port can be listened at.
    pub async fn start(from: &str, to: SocketAddr, each_way: Duration) -> Result<Self> {
        let failed = |error| GroundError::because("starting the relay", error);
        let listener = TcpListener::bind((from, 0)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (cuts, cut) = watch::channel(0);
        let listening = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(carry(near, to, each_way, cut.clone()));
            }
        });
        Ok(Self {
            address,
            cuts,
            listening,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts every connection that runs through it now; later ones are carried again.
    pub fn cut(&self) {
        self.cuts.send_modify(|count| *count += 1);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.listening.abort();
        self.cut();
    }
}

async fn carry(near: TcpStream, to: SocketAddr, each_way: Duration, cut: watch::Receiver<u32>) {
    let mut cut = cut;
    cut.mark_unchanged();
    // The handshake of a real line takes its time, too.
    tokio::time::sleep(each_way * 2).await;
    let Ok(far) = TcpStream::connect(to).await else {
        return;
    };
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    let (near_in, near_out) = near.into_split();
    let (far_in, far_out) = far.into_split();
    let both = async {
        tokio::join!(
            one_way(near_in, far_out, each_way),
            one_way(far_in, near_out, each_way)
        )
    };
    tokio::select! {
        _ = both => {}
        // Whoever holds the halves lets go of them: both ends see the connection end.
        _ = cut.changed() => {}
    }
}

/// Passes on until the end of one direction, whose end is then passed on as well.
async fn one_way(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, later: Duration) {
    let (waiting, mut due) = mpsc::channel::<(Instant, Vec<u8>)>(UNDER_WAY);
    let reading = async move {
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(count) = from.read(&mut buffer).await {
            let piece = (Instant::now() + later, buffer[..count].to_vec());
            if waiting.send(piece).await.is_err() || count == 0 {
                break;
            }
        }
    };
    let writing = async move {
        while let Some((at, piece)) = due.recv().await {
            if !later.is_zero() {
                sleep_until(at).await;
            }
            if piece.is_empty() || to.write_all(&piece).await.is_err() {
                break;
            }
        }
        let _ = to.shutdown().await;
    };
    tokio::join!(reading, writing);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that sends back what it hears.
    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    let _ = tokio::io::copy(&mut from, &mut to).await;
                });
            }
        });
        address
    }

    async fn through(relay: &Relay) -> TcpStream {
        TcpStream::connect(relay.address()).await.unwrap()
    }

    #[tokio::test]
    async fn everything_passes_in_order_and_later_by_the_delay_both_ways() {
        let late = Duration::from_millis(40);
        let relay = Relay::start("127.0.0.1", echo().await, late).await.unwrap();
        let mut stream = through(&relay).await;
        let sent: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
        let mut back = vec![0; sent.len()];
        let (mut from, mut to) = stream.split();
        let (written, read) = tokio::join!(to.write_all(&sent), from.read_exact(&mut back));
        written.unwrap();
        read.unwrap();
        assert!(back == sent);
        let started = std::time::Instant::now();
        to.write_all(b"x").await.unwrap();
        from.read_exact(&mut back[..1]).await.unwrap();
        assert!(started.elapsed() >= late * 2);
        to.shutdown().await.unwrap();
        assert_eq!(
            from.read(&mut back).await.unwrap(),
            0,
            "an end is passed on"
        );
    }

    #[tokio::test]
    async fn a_cut_ends_what_runs_and_nothing_that_comes_later() {
        let relay = Relay::start("127.0.0.1", echo().await, Duration::ZERO)
            .await
            .unwrap();
        let mut stream = through(&relay).await;
        let mut byte = [0];
        stream.write_all(b"x").await.unwrap();
        stream.read_exact(&mut byte).await.unwrap();
        relay.cut();
        let ended = stream.read(&mut byte).await;
        assert!(matches!(ended, Ok(0) | Err(_)), "{ended:?}");
        let mut later = through(&relay).await;
        later.write_all(b"y").await.unwrap();
        later.read_exact(&mut byte).await.unwrap();
        assert_eq!(&byte, b"y");
    }
}
