//! What people were told is done, and what went wrong meanwhile.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// All kinds of work.
pub(crate) const WORK: [Work; 13] = [
    Work::Post,
    Work::DirectMessage,
    Work::Like,
    Work::Comment,
    Work::ChannelMessage,
    Work::Event,
    Work::Feed,
    Work::Registration,
    Work::Item,
    Work::Upload,
    Work::Save,
    Work::Profile,
    Work::Conversations,
];
/// How long nothing may fail before all is well again.
const CALM: Duration = Duration::from_secs(2);

/// What somebody does at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Work {
    Post,
    Comment,
    Like,
    Save,
    Event,
    Registration,
    Item,
    DirectMessage,
    ChannelMessage,
    Upload,
    Profile,
    Feed,
    Conversations,
}

/// Something that was to be made.
#[derive(Debug, Clone)]
pub(crate) struct Write {
    pub(crate) work: Work,
    /// Where: the id of a post, of a channel, of a receiver; empty elsewhere.
    pub(crate) place: String,
    /// A text like no other; the address of a picture.
    pub(crate) content: String,
    /// The id that was told; none as long as nothing was.
    pub(crate) id: Option<String>,
}

/// Something of somebody that changes again and again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) work: Work,
    pub(crate) by: usize,
    pub(crate) of: String,
}

/// What was told last.
#[derive(Debug, Clone)]
pub(crate) struct State {
    /// What it is.
    pub(crate) told: String,
    /// Whether somebody tried to change it since then, and was told nothing.
    pub(crate) is_unknown: bool,
}

/// How a fault was felt.
#[derive(Debug, Clone)]
pub(crate) struct Felt {
    /// Until all kinds of work succeeded again, and nothing failed any more.
    pub(crate) recovery: Duration,
    /// What failed since the fault began, by work and answer.
    pub(crate) errors: BTreeMap<String, usize>,
}

/// The books.
#[derive(Default)]
pub(crate) struct Ledger(Mutex<Books>);

#[derive(Default)]
struct Books {
    writes: Vec<Write>,
    states: BTreeMap<Place, State>,
    /// How many attempts had which answer; 0 where there was none.
    statuses: BTreeMap<u16, usize>,
    errors: BTreeMap<String, usize>,
    mended: Option<Instant>,
    well: BTreeMap<Work, Instant>,
    last_failure: Option<Instant>,
    /// Answers that no fault excuses.
    wrong: Vec<String>,
}

// === impl Ledger ===

impl Ledger {
    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes an attempt that began then and has had that answer; 0 for none.
    pub(crate) fn attempted(&self, work: Work, began: Instant, status: u16, is_well: bool) {
        let mut books = self.books();
        *books.statuses.entry(status).or_default() += 1;
        if is_well {
            if books.mended.is_some_and(|mended| began >= mended) {
                books.well.entry(work).or_insert_with(Instant::now);
            }
        } else {
            let what = match status {
                0 => format!("{work:?}: no answer"),
                status => format!("{work:?}: {status}"),
            };
            *books.errors.entry(what).or_default() += 1;
            books.last_failure = Some(Instant::now());
        }
    }

    /// Notes an answer that no fault excuses.
    pub(crate) fn wrong(&self, what: String) {
        self.books().wrong.push(what);
    }

    /// Notes what became of something that was to be made.
    pub(crate) fn wrote(&self, write: Write) {
        self.books().writes.push(write);
    }

    /// Notes what is told of something that changes.
    pub(crate) fn stands(&self, place: Place, told: String) {
        let is_unknown = false;
        let state = State { told, is_unknown };
        self.books().states.insert(place, state);
    }

    /// Notes that something may have changed or not.
    pub(crate) fn may_stand(&self, place: &Place) {
        if let Some(state) = self.books().states.get_mut(place) {
            state.is_unknown = true;
        }
    }

    /// A fault begins.
    pub(crate) fn fault_begins(&self) {
        let mut books = self.books();
        books.errors.clear();
        books.mended = None;
        books.well.clear();
        books.last_failure = None;
    }

    /// The cause of the fault is gone.
    pub(crate) fn mended(&self) {
        self.books().mended = Some(Instant::now());
    }

    /// How the fault was felt, once it is over.
    pub(crate) fn felt(&self) -> Option<Felt> {
        let books = self.books();
        let mended = books.mended?;
        let last = books.last_failure.filter(|last| *last > mended);
        let is_calm = last.is_none_or(|last| last.elapsed() >= CALM);
        if books.well.len() < WORK.len() || !is_calm {
            return None;
        }
        let well = books.well.values().copied().chain(last).max()?;
        Some(Felt {
            recovery: well.saturating_duration_since(mended),
            errors: books.errors.clone(),
        })
    }

    /// What does not succeed yet.
    pub(crate) fn missing(&self) -> Vec<Work> {
        let books = self.books();
        let missing = WORK
            .into_iter()
            .filter(|work| !books.well.contains_key(work));
        missing.collect()
    }

    /// All that was to be made.
    pub(crate) fn writes(&self) -> Vec<Write> {
        self.books().writes.clone()
    }

    /// All that changes.
    pub(crate) fn states(&self) -> BTreeMap<Place, State> {
        self.books().states.clone()
    }

    /// How many attempts had which answer.
    pub(crate) fn statuses(&self) -> BTreeMap<u16, usize> {
        self.books().statuses.clone()
    }

    /// Answers that no fault excuses.
    pub(crate) fn all_wrong(&self) -> Vec<String> {
        self.books().wrong.clone()
    }
}
