//! Who listens to which topic in this process.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::{Notify, broadcast};

use crate::Subscription;

/// Events kept for the slowest subscriber of a topic.
const KEPT: usize = 1_024;

/// What happens on a topic.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    /// Messages arrive from here on.
    Up,
    /// Messages may be missed from here on.
    Down,
    /// A message.
    Message(Bytes),
}

/// The topics that have subscribers.
#[derive(Debug)]
pub(crate) struct Topics {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    topics: HashMap<String, Topic>,
    feed: Feed,
}

#[derive(Debug)]
struct Topic {
    events: broadcast::Sender<Event>,
    up: bool,
}

/// Where messages come from.
#[derive(Debug)]
enum Feed {
    /// From this process: always up.
    Inside,
    /// From a line that has to follow the topics; here those that came or went since it last looked.
    Line { changes: HashSet<String> },
}

/// What a line has to do to follow the topics.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// Topics with subscribers that don't receive yet.
    pub(crate) wanted: Vec<String>,
    /// Topics without subscribers.
    pub(crate) unwanted: Vec<String>,
}

/// Frees a topic once its last subscription is dropped.
#[derive(Debug)]
pub(crate) struct Lease {
    topics: Arc<Topics>,
    name: String,
}

impl Topics {
    /// Topics fed by this process.
    pub(crate) fn fed_inside() -> Arc<Self> {
        Self::fed_by(Feed::Inside)
    }

    /// Topics fed by a line, which tells when each is up.
    pub(crate) fn fed_by_line() -> Arc<Self> {
        Self::fed_by(Feed::Line {
            changes: HashSet::new(),
        })
    }

    fn fed_by(feed: Feed) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                topics: HashMap::new(),
                feed,
            }),
            changed: Notify::new(),
        })
    }

    /// Adds a subscriber.
    pub(crate) fn subscribe(self: &Arc<Self>, name: &str) -> Subscription {
        let mut state = self.state();
        let (events, up) = match state.topics.get(name) {
            Some(topic) => (topic.events.subscribe(), topic.up),
            None => self.open(&mut state, name),
        };
        drop(state);
        let lease = Lease {
            topics: Arc::clone(self),
            name: name.to_owned(),
        };
        Subscription::new(events, lease, up)
    }

    fn open(&self, state: &mut State, name: &str) -> (broadcast::Receiver<Event>, bool) {
        let (sender, events) = broadcast::channel(KEPT);
        let up = matches!(state.feed, Feed::Inside);
        let topic = Topic { events: sender, up };
        state.topics.insert(name.to_owned(), topic);
        self.note_change(state, name);
        (events, up)
    }

    /// Hands a message to the subscribers of a topic that is up, and tells how many those are.
    pub(crate) fn deliver(&self, name: &str, payload: Bytes) -> usize {
        match self.state().topics.get(name) {
            Some(topic) if topic.up => topic.tell(Event::Message(payload)),
            _ => 0,
        }
    }

    /// Notes that messages of these topics arrive from here on.
    pub(crate) fn mark_up(&self, names: &[String]) {
        let mut state = self.state();
        for name in names {
            if let Some(topic) = state.topics.get_mut(name)
                && !topic.up
            {
                topic.up = true;
                topic.tell(Event::Up);
            }
        }
    }

    /// Notes that the line is lost: all topics are down, and a new line has to start with all of them.
    pub(crate) fn mark_all_down(&self) {
        let mut state = self.state();
        let State { topics, feed } = &mut *state;
        for topic in topics.values_mut().filter(|topic| topic.up) {
            topic.up = false;
            topic.tell(Event::Down);
        }
        if let Feed::Line { changes } = feed {
            *changes = topics.keys().cloned().collect();
        }
    }

    /// Takes what a line has to do to follow the topics.
    pub(crate) fn take_changes(&self) -> Changes {
        let mut state = self.state();
        let State { topics, feed } = &mut *state;
        let mut taken = Changes::default();
        if let Feed::Line { changes } = feed {
            for name in changes.drain() {
                match topics.get(&name) {
                    None => taken.unwanted.push(name),
                    Some(topic) if !topic.up => taken.wanted.push(name),
                    Some(_) => {}
                }
            }
        }
        taken
    }

    /// Waits until topics came or went; may also return when none did.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Waits until there is a subscriber.
    pub(crate) async fn wanted(&self) {
        while self.state().topics.is_empty() {
            self.changed().await;
        }
    }

    /// Ends all subscriptions.
    pub(crate) fn close(&self) {
        self.state().topics.clear();
    }

    fn release(&self, name: &str) {
        let mut state = self.state();
        if let Some(topic) = state.topics.get(name)
            && topic.events.receiver_count() == 0
        {
            state.topics.remove(name);
            self.note_change(&mut state, name);
        }
    }

    fn note_change(&self, state: &mut State, name: &str) {
        if let Feed::Line { changes } = &mut state.feed {
            changes.insert(name.to_owned());
            self.changed.notify_one();
        }
    }

    /// No change here is left half done by a panic, so a poisoned lock is as good as any.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Topic {
    /// Tells how many listen. That nobody does any more is no error: the last subscriber is just leaving.
    fn tell(&self, event: Event) -> usize {
        self.events.send(event).unwrap_or_default()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.topics.release(&self.name);
    }
}
