//! Sockets that only listen and take little of the processor, and who waits for what arrives on them.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures::StreamExt;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use tokio_util::task::AbortOnDropHandle;

use crate::load::Outcome;

/// Opening one takes no longer, nor does anything on the way to one.
const SOON: Duration = Duration::from_secs(30);
/// What stands around a number that is awaited, in a text that is sent.
const MARK: char = '#';
/// The buffer of a socket that hears little.
const BUFFER: usize = 2 << 10;

/// An open socket, read by a task of its own. Dropping it cuts the line.
pub struct Listener {
    _reading: AbortOnDropHandle<()>,
}

/// Numbers that are to arrive, each on so many sockets.
#[derive(Default)]
pub struct Arrivals {
    awaited: Mutex<HashMap<u64, Awaited>>,
}

struct Awaited {
    left: usize,
    done: oneshot::Sender<()>,
}

/// The last arrival of a number.
pub struct Arrival(oneshot::Receiver<()>);

impl Listener {
    /// Opens a socket at a path such as `/ws`, and waits for its first frame. What then comes with `kind` in it and a number between marks has
    /// arrived.
    ///
    /// # Errors
    /// When it is not opened in time.
    pub async fn open(
        gateway: SocketAddr,
        path: &str,
        token: &str,
        (kind, arrivals): (&'static str, Arc<Arrivals>),
    ) -> Result<Self> {
        let opening = async {
            let line = TcpStream::connect(gateway).await?;
            line.set_nodelay(true)?;
            let request = format!("ws://{gateway}{path}?token={token}").into_client_request()?;
            let config = WebSocketConfig::default()
                .read_buffer_size(BUFFER)
                .write_buffer_size(0);
            let (mut socket, _) = client_async_with_config(request, line, Some(config)).await?;
            match socket.next().await {
                Some(Ok(Message::Text(_))) => Ok(socket),
                _ => bail!("the socket was closed at once"),
            }
        };
        let socket = timeout(SOON, opening)
            .await
            .context("a socket was not opened in time")??;
        let reading = AbortOnDropHandle::new(tokio::spawn(read(socket, kind, arrivals)));
        Ok(Self { _reading: reading })
    }
}

async fn read(mut socket: WebSocketStream<TcpStream>, kind: &'static str, arrivals: Arc<Arrivals>) {
    while let Some(Ok(frame)) = socket.next().await {
        if let Message::Text(text) = frame
            && text.contains(kind)
            && let Some(number) = number_in(&text)
        {
            arrivals.note(number);
        }
    }
}

/// A text with a number in it that is found again.
#[must_use]
pub fn marked(number: u64) -> String {
    format!(
        "{MARK}{number}{MARK} a message of usual length, which is about a hundred characters or so, give or take"
    )
}

fn number_in(text: &str) -> Option<u64> {
    let (_, rest) = text.split_once(MARK)?;
    let (number, _) = rest.split_once(MARK)?;
    number.parse().ok()
}

impl Arrivals {
    /// A number is to arrive on so many sockets.
    pub fn expect(&self, number: u64, sockets: usize) -> Arrival {
        let (done, arrival) = oneshot::channel();
        let awaited = Awaited {
            left: sockets,
            done,
        };
        self.awaited
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(number, awaited);
        Arrival(arrival)
    }

    /// A number has arrived on one more.
    pub fn note(&self, number: u64) {
        let mut awaited = self.awaited.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(one) = awaited.get_mut(&number) else {
            return;
        };
        one.left = one.left.saturating_sub(1);
        if one.left == 0
            && let Some(one) = awaited.remove(&number)
        {
            let _ = one.done.send(());
        }
    }

    /// Has a number said, and waits until it has arrived so many times.
    pub async fn heard(
        &self,
        number: u64,
        times: usize,
        saying: impl Future<Output = Outcome>,
    ) -> Outcome {
        let arrival = self.expect(number, times);
        let saying = async {
            let outcome = saying.await;
            if outcome != Outcome::Done {
                self.give_up(number);
            }
            outcome
        };
        match futures::join!(saying, arrival.came()) {
            (Outcome::Done, true) => Outcome::Done,
            (Outcome::Refused, _) => Outcome::Refused,
            _ => Outcome::Failed,
        }
    }

    /// A number will never arrive.
    fn give_up(&self, number: u64) {
        let mut awaited = self.awaited.lock().unwrap_or_else(PoisonError::into_inner);
        awaited.remove(&number);
    }
}

impl Arrival {
    /// Waits for it; false when it was given up or takes too long.
    pub async fn came(self) -> bool {
        matches!(timeout(SOON, self.0).await, Ok(Ok(())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_number_is_there_once_it_is_everywhere() {
        let arrivals = Arrivals::default();
        let arrival = arrivals.expect(7, 2);
        let number = number_in(&format!("{{\"content\":\"{}\"}}", marked(7))).unwrap();
        arrivals.note(number);
        assert_eq!(arrivals.awaited.lock().unwrap().len(), 1);
        arrivals.note(number);
        assert!(arrival.came().await);
        let lost = arrivals.expect(8, 1);
        arrivals.give_up(8);
        assert!(!lost.came().await);
    }
}
