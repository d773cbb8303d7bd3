#![doc = include_str!("../README.md")]

mod backlog;
mod backoff;
mod broker;
mod consumer;
mod error;
mod event;
mod feed;
mod handler;
mod in_process;
mod inbox;
mod kept_letter;
mod lanes;
mod meters;
mod outbox;
mod pattern;
mod rabbitmq;
mod relay;
mod spans;
mod subscription;

pub use backlog::Backlog;
pub use broker::{Broker, DeadLetter, SharedBroker};
pub use error::{BrokerError, EventError, PublishError, RelayError};
pub use event::{Event, MAX_EVENT_BYTES, MAX_KIND_BYTES, TYPE_PREFIX};
pub use handler::{HandleError, Handler};
pub use in_process::InProcessBroker;
pub use inbox::Inbox;
pub use kept_letter::{HandBackError, KeptLetter};
pub use outbox::Outbox;
pub use rabbitmq::{Depth, RabbitMqBroker};
pub use relay::Relay;
pub use subscription::{Audience, Subscription};
