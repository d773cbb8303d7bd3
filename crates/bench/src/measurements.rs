//! All measurements, in the order in which they are made.

use futures::FutureExt;
use futures::future::BoxFuture;

use crate::effort::Effort;
use crate::figures::Figure;
use crate::lab::Lab;

pub mod fan_out;
pub mod feed;
pub mod idle_sockets;
pub mod messages;
pub mod outbox;

/// A measurement.
pub struct Measurement {
    /// How `--only` names it.
    pub name: &'static str,
    /// What it measures.
    pub about: &'static str,
    /// Makes it.
    pub measure: for<'a> fn(&'a Lab, &'a Effort) -> BoxFuture<'a, anyhow::Result<Vec<Figure>>>,
}

/// A line of the list: the module's name, which is the measurement's, and what it is about.
macro_rules! measurement {
    ($module:ident, $about:literal) => {
        Measurement {
            name: stringify!($module),
            about: $about,
            measure: |lab, effort| $module::measure(lab, effort).boxed(),
        }
    };
}

/// All of them.
pub const ALL: &[Measurement] = &[
    measurement!(
        feed,
        "reading the feed, against its SQL alone and an ideal single process"
    ),
    measurement!(
        messages,
        "a direct message from one gateway to a socket at the other, against the broker and the database alone"
    ),
    measurement!(fan_out, "one message to 1,000 sockets at two gateways"),
    measurement!(
        idle_sockets,
        "the memory of sockets on which nothing happens"
    ),
    measurement!(
        outbox,
        "events from the outbox to the consumer, and a backlog of them"
    ),
];
