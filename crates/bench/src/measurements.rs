//! All measurements, in the order in which they are made.

use futures::FutureExt;
use futures::future::BoxFuture;

use crate::effort::Effort;
use crate::figures::Figure;
use crate::lab::Lab;

pub mod feed;

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
pub const ALL: &[Measurement] = &[measurement!(
    feed,
    "reading the feed, against its SQL alone and an ideal single process"
)];
