//! What people were told is done, and what went wrong meanwhile.

use std::collections::{BTreeMap, VecDeque};
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
/// How far one looks back to see whether it is calm: hardly anything has failed.
const CALM: Duration = Duration::from_secs(2);
/// Of so many attempts one may fail then.
const HARDLY: usize = 20;

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
    /// When attempts ended, and whether they failed, of late.
    recent: VecDeque<(Instant, bool)>,
    /// Answers that no fault excuses.
    wrong: Vec<String>,
    /// Marks that one request turned over and back.
    turned_twice: Vec<String>,
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
        let now = Instant::now();
        books.recent.push_back((now, !is_well));
        while books
            .recent
            .front()
            .is_some_and(|(then, _)| now - *then > CALM)
        {
            books.recent.pop_front();
        }
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
        let mut books = self.books();
        // A mark is turned over each time, so it never stands as before unless it was turned twice.
        let is_mark = matches!(place.work, Work::Like | Work::Save);
        let before = books.states.get(&place);
        if is_mark && before.is_some_and(|before| before.told == told && !before.is_unknown) {
            books.turned_twice.push(format!("{place:?}, now {told}"));
        }
        books.states.insert(place, State { told, is_unknown });
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
    }

    /// The cause of the fault is gone.
    pub(crate) fn mended(&self) {
        self.books().mended = Some(Instant::now());
    }

    /// How long it took until all kinds of work had succeeded again; none as long as they haven't.
    pub(crate) fn recovery(&self) -> Option<Duration> {
        let books = self.books();
        let mended = books.mended?;
        let last = books.well.values().max()?;
        let is_over = books.well.len() == WORK.len();
        is_over.then(|| last.saturating_duration_since(mended))
    }

    /// Whether hardly anything fails any more.
    pub(crate) fn is_calm(&self) -> bool {
        let books = self.books();
        let failed = books.recent.iter().filter(|(_, failed)| *failed).count();
        failed * HARDLY <= books.recent.len()
    }

    /// What has failed since the fault began.
    pub(crate) fn errors(&self) -> BTreeMap<String, usize> {
        self.books().errors.clone()
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

    /// Marks that one request turned over and back.
    pub(crate) fn turned_twice(&self) -> Vec<String> {
        self.books().turned_twice.clone()
    }

    /// Answers that no fault excuses.
    pub(crate) fn all_wrong(&self) -> Vec<String> {
        self.books().wrong.clone()
    }
}
