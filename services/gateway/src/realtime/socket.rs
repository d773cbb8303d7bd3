//! One client's socket: where it stands, and what waits for it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::task::AtomicWaker;
use oruma_ids::{SessionId, UserId};

use super::dialect::{DialectId, Reload};
use super::frame::{Close, Frames, PING};
use super::happening::{Address, Topic};

/// What is true for a moment may wait up to here.
const MOST_WAITING: usize = 1_024;
const MOST_WAITING_BYTES: usize = 1 << 20;
/// A quiet client is asked for a sign of life this often, in milliseconds.
const PING_AFTER: i64 = 25_000;
/// One that gives none is gone.
const SILENT_AFTER: i64 = 75_000;
/// One whose connection takes nothing for as long is too slow.
const STALLED_AFTER: i64 = 15_000;

/// A socket, as the hub and its connection share it.
pub(crate) struct Socket {
    pub(crate) id: u64,
    pub(crate) user: UserId,
    pub(crate) session: SessionId,
    pub(crate) dialect: DialectId,
    /// What it is told of.
    pub(crate) addresses: Box<[Address]>,
    /// Whether it is told of the person's larger conversations.
    pub(crate) hears_conversations: bool,
    /// Only this is told; all where there is none.
    only: Option<Topic>,
    /// When its token expires, in milliseconds.
    expires_at: i64,
    heard_at: AtomicI64,
    pinged_at: AtomicI64,
    state: Mutex<State>,
    /// The sending half of the connection.
    pub(crate) output: AtomicWaker,
    /// The receiving half.
    pub(crate) input: AtomicWaker,
}

/// What changes.
pub(crate) struct State {
    /// What happened up to here was told; none until the hub knows where it is.
    pub(crate) cursor: Option<u64>,
    /// Something behind the cursor may be for this socket.
    pub(crate) is_behind: bool,
    pub(crate) is_greeted: bool,
    pub(crate) reload: Option<Reload>,
    waiting: VecDeque<Frames>,
    waiting_bytes: usize,
    closing: Option<Close>,
    /// Since when the connection has not taken what waits, in milliseconds.
    stalled_since: Option<i64>,
}

/// Who opens a socket.
pub(crate) struct Opening {
    pub(crate) user: UserId,
    pub(crate) session: SessionId,
    pub(crate) university: String,
    pub(crate) dialect: DialectId,
    /// Only this is to be told; all where there is none.
    pub(crate) only: Option<Topic>,
    /// Whether the contract has conversations of more than two.
    pub(crate) has_conversations: bool,
    /// When the token expires, in milliseconds.
    pub(crate) expires_at: i64,
    /// What was told up to there.
    pub(crate) since: Option<u64>,
}

impl Socket {
    pub(crate) fn new(id: u64, opening: Opening, now: i64) -> Self {
        let mut addresses = vec![Address::Person(opening.user), Address::Everyone];
        if !opening.university.is_empty() {
            addresses.push(Address::University(opening.university));
        }
        Self {
            id,
            user: opening.user,
            session: opening.session,
            dialect: opening.dialect,
            addresses: addresses.into(),
            hears_conversations: opening.has_conversations
                && matches!(opening.only, None | Some(Topic::Messages | Topic::Typing)),
            only: opening.only,
            expires_at: opening.expires_at,
            heard_at: AtomicI64::new(now),
            pinged_at: AtomicI64::new(now),
            state: Mutex::new(State {
                cursor: opening.since,
                is_behind: opening.since.is_some(),
                is_greeted: false,
                reload: None,
                waiting: VecDeque::new(),
                waiting_bytes: 0,
                closing: None,
                stalled_since: None,
            }),
            output: AtomicWaker::new(),
            input: AtomicWaker::new(),
        }
    }

    /// Whether it is told of this.
    pub(crate) fn listens(&self, topic: Topic) -> bool {
        self.only.is_none_or(|only| only == topic)
    }

    /// The client gave a sign of life.
    pub(crate) fn heard(&self, now: i64) {
        self.heard_at.store(now, Ordering::Relaxed);
    }

    /// Something happened that this socket is to be told of; true when its connection is to be woken.
    pub(crate) fn fall_behind(&self, position: u64, now: i64) -> bool {
        let mut state = self.state();
        if state.closing.is_some() || state.is_behind {
            return false;
        }
        // What a client has seen through another gateway is not told again.
        if state.cursor.is_none_or(|cursor| position <= cursor) {
            return false;
        }
        state.is_behind = true;
        state.cursor = Some(position - 1);
        state.stalled_since.get_or_insert(now);
        true
    }

    /// Everything up to a position was told; what is behind it has to be looked for.
    pub(crate) fn go_on_behind(&self, told: u64) {
        let mut state = self.state();
        if !state.is_behind {
            state.cursor = state.cursor.max(Some(told));
            state.is_behind = true;
        }
    }

    /// More may be for this socket than it was woken for.
    pub(crate) fn look_again(&self) {
        self.state().is_behind = true;
    }

    /// The client has to reload.
    pub(crate) fn reload(&self, reason: Reload) {
        let mut state = self.state();
        if state.closing.is_none() {
            state.reload = Some(reason);
            drop(state);
            self.output.wake();
        }
    }

    /// Sends what is true for a moment. A client for which too much of it waits does not read.
    pub(crate) fn send(&self, frames: Frames, now: i64) {
        let mut state = self.state();
        if state.closing.is_some() {
            return;
        }
        state.waiting_bytes += frames.len();
        state.waiting.push_back(frames);
        state.stalled_since.get_or_insert(now);
        let is_too_much =
            state.waiting.len() > MOST_WAITING || state.waiting_bytes > MOST_WAITING_BYTES;
        drop(state);
        if is_too_much {
            self.close(Close::TooSlow);
        } else {
            self.output.wake();
        }
    }

    /// Takes what waits.
    pub(crate) fn take_waiting(&self) -> VecDeque<Frames> {
        let mut state = self.state();
        state.waiting_bytes = 0;
        std::mem::take(&mut state.waiting)
    }

    /// The connection takes something at this moment; more waits, or nothing.
    pub(crate) fn progressed(&self, now: i64, is_more: bool) {
        self.state().stalled_since = is_more.then_some(now);
    }

    /// Closes the socket, unless it is closing already; what waits for it is forgotten.
    pub(crate) fn close(&self, why: Close) -> bool {
        let mut state = self.state();
        if state.closing.is_some() {
            return false;
        }
        state.closing = Some(why);
        state.waiting = VecDeque::new();
        state.waiting_bytes = 0;
        drop(state);
        self.output.wake();
        self.input.wake();
        true
    }

    /// Why it is closing, if it is.
    pub(crate) fn closing(&self) -> Option<Close> {
        self.state().closing
    }

    /// Looks at the clock: what has to end ends. True when the socket is closed.
    pub(crate) fn tick(&self, now: i64) -> bool {
        let heard_at = self.heard_at.load(Ordering::Relaxed);
        let stalled_since = self.state().stalled_since;
        let why = if self.expires_at <= now {
            Close::SignedOut
        } else if stalled_since.is_some_and(|since| now - since >= STALLED_AFTER) {
            Close::TooSlow
        } else if now - heard_at >= SILENT_AFTER {
            Close::Silent
        } else {
            let pinged_at = self.pinged_at.load(Ordering::Relaxed);
            if now - heard_at.max(pinged_at) >= PING_AFTER {
                self.pinged_at.store(now, Ordering::Relaxed);
                self.send(PING, now);
            }
            return self.closing().is_some();
        };
        self.close(why);
        true
    }

    /// No change here is left half done by a panic, so a poisoned lock is as good as any.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use bytes::Bytes;
    use uuid::Uuid;

    use super::*;

    pub(crate) fn opening(user: u128, since: Option<u64>) -> Opening {
        Opening {
            user: UserId::from_uuid(Uuid::from_u128(user)),
            session: SessionId::from_uuid(Uuid::from_u128(user + 1_000)),
            university: "MIT".to_owned(),
            dialect: DialectId(0),
            only: None,
            has_conversations: false,
            expires_at: 1_000_000,
            since,
        }
    }

    fn socket() -> Socket {
        Socket::new(1, opening(1, Some(0)), 0)
    }

    #[test]
    fn a_quiet_client_is_asked_and_then_given_up() {
        let socket = socket();
        assert!(!socket.tick(24_999));
        assert!(socket.take_waiting().is_empty());
        assert!(!socket.tick(25_000));
        assert_eq!(socket.take_waiting(), [PING]);
        socket.progressed(25_000, false);
        assert!(!socket.tick(49_999));
        socket.heard(50_000);
        assert!(!socket.tick(74_999));
        assert!(socket.take_waiting().is_empty());
        assert!(socket.tick(125_000));
        assert_eq!(socket.closing(), Some(Close::Silent));
    }

    #[test]
    fn a_token_ends_its_socket_to_the_millisecond() {
        let socket = socket();
        socket.heard(999_999);
        assert!(!socket.tick(999_999));
        assert!(socket.tick(1_000_000));
        assert_eq!(socket.closing(), Some(Close::SignedOut));
    }

    #[test]
    fn a_connection_that_takes_nothing_is_too_slow() {
        let socket = socket();
        socket.send(Bytes::from_static(b"x"), 100);
        assert!(!socket.tick(15_099));
        socket.progressed(15_099, true);
        assert!(!socket.tick(30_098));
        assert!(socket.tick(30_099));
        assert_eq!(socket.closing(), Some(Close::TooSlow));
    }

    #[test]
    fn what_waits_has_a_bound_and_costs_nothing_once_closed() {
        let socket = socket();
        for _ in 0..2_000 {
            socket.send(Bytes::from_static(b"x"), 0);
        }
        assert_eq!(socket.closing(), Some(Close::TooSlow));
        assert!(socket.take_waiting().is_empty());
        let large = Socket::new(2, opening(1, None), 0);
        large.send(Bytes::from(vec![0; MOST_WAITING_BYTES + 1]), 0);
        assert_eq!(large.closing(), Some(Close::TooSlow));
    }

    #[test]
    fn the_first_reason_to_close_stays() {
        let socket = socket();
        assert!(socket.close(Close::Restart));
        assert!(!socket.close(Close::TooSlow));
        assert_eq!(socket.closing(), Some(Close::Restart));
    }
}
