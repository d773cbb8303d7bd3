//! All measurements, in the order in which they are made.

use futures::FutureExt;
use futures::future::BoxFuture;

use crate::effort::Effort;
use crate::figures::Figure;
use crate::lab::Lab;

mod fan_out;
mod feed;
mod gateways;
mod growth;
mod idle_sockets;
mod likes;
mod messages;
mod mixed;
mod outbox;
mod overload;
mod passwords;
mod posts;
mod registrations;
mod sign_ins;
mod start;
mod uploads;

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
        start,
        "starting everything, and what it takes when nobody comes"
    ),
    // Early, while the gateways have no memory that they have used and could use again.
    measurement!(
        idle_sockets,
        "the memory of sockets on which nothing happens"
    ),
    measurement!(
        feed,
        "reading the feed, against its SQL alone, a bare answer and an ideal process"
    ),
    measurement!(
        posts,
        "writing posts with their events, against their SQL alone"
    ),
    measurement!(likes, "liking posts, against its SQL alone"),
    measurement!(mixed, "what people do all day"),
    measurement!(gateways, "two gateways against one"),
    measurement!(overload, "three times as much as fits"),
    measurement!(
        messages,
        "a direct message from one gateway to a socket at the other, against the broker and the database alone"
    ),
    measurement!(fan_out, "one message to 1,000 sockets at two gateways"),
    measurement!(
        outbox,
        "events from the outbox to the consumer, and a backlog of them"
    ),
    measurement!(uploads, "sending pictures, against the work on them alone"),
    measurement!(registrations, "joining, against bcrypt alone"),
    measurement!(
        sign_ins,
        "signing in, against bcrypt alone, and a storm of it"
    ),
    measurement!(growth, "the feed of a small and of a large community"),
];
