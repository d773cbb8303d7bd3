//! Publishing with confirms, many messages at a time.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use futures::future::{join_all, ready};
use futures::{FutureExt, poll};
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::protocol::{AMQPErrorKind, AMQPSoftError};
use lapin::{Channel, Confirmation, Connection, ErrorKind};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{Instant, timeout_at};

use super::line::{Dialer, answered, hang_up, silent};
use super::message::{Message, short};
use super::topology;
use crate::{BrokerError, PublishError};

/// How long publishing may take, connecting included.
const TIMEOUT: Duration = Duration::from_secs(5);

/// One connection, opened when it is first needed and again after any trouble.
pub(super) struct Publisher {
    dialer: Dialer,
    opened: AtomicU64,
    open: Mutex<Option<Open>>,
    one_by_one: Mutex<()>,
}

struct Open {
    /// Which of the connections that there have been it is.
    number: u64,
    connection: Connection,
    /// For many messages at a time, which any number of queues may want.
    many: Channel,
    /// For one message at a time, which a queue must take: where several are confirmed together, the library can't tell which
    /// one it was that had no queue.
    single: Channel,
}

/// A message that is being sent; its end is the server's confirmation.
type Sending = Pin<Box<dyn Future<Output = lapin::Result<Confirmation>> + Send>>;

impl Publisher {
    pub(super) fn new(dialer: Dialer) -> Self {
        Self {
            dialer,
            opened: AtomicU64::default(),
            open: Mutex::default(),
            one_by_one: Mutex::default(),
        }
    }

    /// Sends messages in their order, without waiting between them, and answers what the server said to each. Takes 5 seconds at
    /// most.
    pub(super) async fn send(
        &self,
        messages: Vec<Result<Message, PublishError>>,
    ) -> Vec<Result<(), PublishError>> {
        let count = messages.len();
        let deadline = Instant::now() + TIMEOUT;
        let (number, sending) = match timeout_at(deadline, self.hand_over(messages)).await {
            Ok(Ok(handed_over)) => handed_over,
            Ok(Err(error)) => return vec![Err(error); count],
            Err(_) => return vec![Err(PublishError::Timeout); count],
        };
        let confirmed = sending.into_iter().map(|one| confirmed(one, deadline));
        let results = join_all(confirmed).await;
        if results.iter().any(is_trouble) {
            self.give_up(number).await;
        }
        results
    }

    /// Sends a message that some queue must take. Takes 5 seconds at most.
    pub(super) async fn send_surely(&self, message: Message) -> Result<(), PublishError> {
        let deadline = Instant::now() + TIMEOUT;
        let sending = async {
            let one_by_one = self.one_by_one.lock().await;
            let mut open = self.open.lock().await;
            let unblocked = self.unblocked(&mut open).await?;
            let sending = begin(&unblocked.single, message, true).await;
            Ok((one_by_one, unblocked.number, sending))
        };
        let (_one_by_one, number, sending) = timeout_at(deadline, sending)
            .await
            .unwrap_or(Err(PublishError::Timeout))?;
        let result = confirmed(Ok(sending), deadline).await;
        if is_trouble(&result) {
            self.give_up(number).await;
        }
        result
    }

    /// Opens a channel of its own, for questions.
    pub(super) async fn channel(&self) -> Result<Channel, BrokerError> {
        let mut open = self.open.lock().await;
        let alive = self.alive(&mut open).await?;
        answered(alive.connection.create_channel()).await
    }

    pub(super) async fn ping(&self) -> Result<(), BrokerError> {
        let deadline = Instant::now() + TIMEOUT;
        let ping = async {
            let channel = {
                let mut open = self.open.lock().await;
                let alive = self.alive(&mut open).await?;
                if alive.connection.status().blocked() {
                    return Err(BrokerError::Blocked);
                }
                alive.many.clone()
            };
            topology::declare_exchange(&channel).await
        };
        let answer = timeout_at(deadline, ping).await;
        answer.unwrap_or_else(|_| Err(silent()))
    }

    pub(super) async fn close(&self) {
        if let Some(open) = self.open.lock().await.take() {
            hang_up(&open.connection).await;
        }
    }

    async fn hand_over(
        &self,
        messages: Vec<Result<Message, PublishError>>,
    ) -> Result<(u64, Vec<Result<Sending, PublishError>>), PublishError> {
        // Held while the messages get their numbers: those of others must not come between.
        let mut open = self.open.lock().await;
        let unblocked = self.unblocked(&mut open).await?;
        let mut all = Vec::with_capacity(messages.len());
        for message in messages {
            all.push(match message {
                Ok(message) => Ok(begin(&unblocked.many, message, false).await),
                Err(error) => Err(error),
            });
        }
        Ok((unblocked.number, all))
    }

    async fn unblocked<'a>(
        &self,
        open: &'a mut MutexGuard<'_, Option<Open>>,
    ) -> Result<&'a Open, PublishError> {
        let alive = self.alive(open).await.map_err(unpublished)?;
        if alive.connection.status().blocked() {
            return Err(PublishError::Blocked);
        }
        Ok(alive)
    }

    async fn alive<'a>(
        &self,
        open: &'a mut MutexGuard<'_, Option<Open>>,
    ) -> Result<&'a Open, BrokerError> {
        let usable = match open.take().filter(Open::is_alive) {
            Some(usable) => usable,
            None => self.reopen().await?,
        };
        Ok(open.insert(usable))
    }

    async fn reopen(&self) -> Result<Open, BrokerError> {
        let connection = self.dialer.dial().await?;
        let many = confirming_channel(&connection).await?;
        let single = confirming_channel(&connection).await?;
        topology::declare_exchange(&many).await?;
        Ok(Open {
            number: self.opened.fetch_add(1, Ordering::Relaxed),
            connection,
            many,
            single,
        })
    }

    /// Ends a connection that gave trouble, unless somebody has done so already. One that is blocked is left to recover: nothing
    /// could be said on it, not even goodbye.
    async fn give_up(&self, number: u64) {
        let mut open = self.open.lock().await;
        let ours =
            open.take_if(|open| open.number == number && !open.connection.status().blocked());
        if let Some(ours) = ours {
            let _ = hang_up(&ours.connection).now_or_never();
        }
    }
}

impl Open {
    fn is_alive(&self) -> bool {
        self.connection.status().connected()
            && self.many.status().connected()
            && self.single.status().connected()
    }
}

async fn confirming_channel(connection: &Connection) -> Result<Channel, BrokerError> {
    let channel = answered(connection.create_channel()).await?;
    answered(channel.confirm_select(ConfirmSelectOptions::default())).await?;
    Ok(channel)
}

/// Queues the message for sending. The library gives it its place when it is first polled.
async fn begin(channel: &Channel, message: Message, mandatory: bool) -> Sending {
    let channel = channel.clone();
    let mut sending: Sending = Box::pin(async move {
        let options = BasicPublishOptions {
            mandatory,
            ..BasicPublishOptions::default()
        };
        let sent = channel.basic_publish(
            message.exchange.into(),
            short(message.routing_key),
            options,
            &message.body,
            message.properties,
        );
        sent.await?.await
    });
    match poll!(&mut sending) {
        Poll::Pending => sending,
        Poll::Ready(result) => Box::pin(ready(result)),
    }
}

async fn confirmed(
    sending: Result<Sending, PublishError>,
    deadline: Instant,
) -> Result<(), PublishError> {
    match timeout_at(deadline, sending?).await {
        Err(_) => Err(PublishError::Timeout),
        Ok(Err(error)) => Err(refused_or_lost(&error)),
        Ok(Ok(Confirmation::Ack(None))) => Ok(()),
        Ok(Ok(Confirmation::Ack(Some(_)))) => Err(PublishError::NoSuchQueue),
        Ok(Ok(Confirmation::Nack(_) | Confirmation::NotRequested)) => Err(PublishError::NotKept),
    }
}

/// RabbitMQ refuses a message by closing the channel.
fn refused_or_lost(error: &lapin::Error) -> PublishError {
    if let ErrorKind::ProtocolError(closed) = error.kind()
        && matches!(
            closed.kind(),
            AMQPErrorKind::Soft(AMQPSoftError::PRECONDITIONFAILED | AMQPSoftError::CONTENTTOOLARGE)
        )
    {
        return PublishError::Refused(closed.get_message().to_string());
    }
    PublishError::Unreachable(error.to_string())
}

/// Whether the connection is not to be used again.
fn is_trouble(result: &Result<(), PublishError>) -> bool {
    use PublishError::{Refused, Timeout, Unreachable};
    matches!(result, Err(Refused(_) | Timeout | Unreachable(_)))
}

fn unpublished(error: BrokerError) -> PublishError {
    match error {
        BrokerError::Unreachable(reason) => PublishError::Unreachable(reason),
        other => PublishError::Unreachable(other.to_string()),
    }
}
