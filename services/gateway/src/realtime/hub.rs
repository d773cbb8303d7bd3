//! The sockets of this gateway, and the window of what happened that they read.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use oruma_ids::{SessionId, UserId};
use tokio::sync::Notify;
use uuid::Uuid;

use super::dialect::{Dialect, DialectId, Reload, Signal};
use super::frame::{Close, Frames};
use super::happening::{Address, Entry, Receipt};
use super::memberships::Memberships;
use super::meters::METERS;
use super::socket::{Opening, Socket};
use super::window::{BOUNDS, Window};

/// Entries that a connection takes at a time.
const BATCH: usize = 64;
/// Sockets of one person at the most, on each gateway.
const MOST_OF_A_PERSON: usize = 50;

/// All sockets of this gateway.
pub(crate) struct Hub {
    inner: RwLock<Inner>,
    dialects: Vec<Box<dyn Dialect>>,
    next_id: AtomicU64,
    /// People whose first socket came or whose last one went.
    moved: Notify,
    /// People whose larger conversations are to be asked for.
    wanted: Notify,
}

struct Inner {
    window: Window,
    sockets: HashMap<u64, Arc<Socket>>,
    by_address: HashMap<Address, HashMap<u64, Arc<Socket>>>,
    /// Which larger conversations the people of the sockets take part in, once for all sockets of a person.
    memberships: Memberships,
    /// People since the last look, to be told as present or not.
    moved: HashSet<UserId>,
    /// Whether the window has all that the log has.
    is_ready: bool,
    is_draining: bool,
}

/// Why a socket was not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotOpened {
    /// The gateway stops.
    Draining,
    /// The person has too many.
    TooMany,
}

/// What a connection sends next.
pub(crate) struct Outbound {
    pub(crate) frames: Frames,
    pub(crate) receipt: Option<Receipt>,
}

impl Outbound {
    pub(crate) fn of(frames: Frames) -> Self {
        Self {
            frames,
            receipt: None,
        }
    }
}

impl Hub {
    pub(crate) fn new(dialects: Vec<Box<dyn Dialect>>) -> Self {
        let inner = Inner {
            window: Window::new(BOUNDS, dialects.len()),
            sockets: HashMap::new(),
            by_address: HashMap::new(),
            memberships: Memberships::default(),
            moved: HashSet::new(),
            is_ready: false,
            is_draining: false,
        };
        Self {
            inner: RwLock::new(inner),
            dialects,
            next_id: AtomicU64::new(1),
            moved: Notify::new(),
            wanted: Notify::new(),
        }
    }

    /// Whether sockets are told what happens.
    pub(crate) fn is_ready(&self) -> bool {
        let inner = self.read();
        inner.is_ready && !inner.is_draining
    }

    /// How many sockets are open.
    pub(crate) fn connections(&self) -> usize {
        self.read().sockets.len()
    }

    /// The words of a socket's contract.
    pub(crate) fn dialect(&self, socket: &Socket) -> Option<&dyn Dialect> {
        self.dialects.get(socket.dialect.0).map(AsRef::as_ref)
    }

    fn contract(&self, socket: &Socket) -> &'static str {
        let dialect = self.dialect(socket);
        dialect.map_or("", |dialect| dialect.contract().name())
    }

    /// Whether a contract has conversations of more than two.
    pub(crate) fn has_conversations(&self, dialect: DialectId) -> bool {
        let dialect = self.dialects.get(dialect.0);
        dialect.is_some_and(|dialect| dialect.has_conversations())
    }

    // === sockets come and go ===

    /// Opens a socket.
    pub(crate) fn attach(&self, opening: Opening, now: i64) -> Result<Arc<Socket>, NotOpened> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let socket = Arc::new(Socket::new(id, opening, now));
        let mut inner = self.write();
        if inner.is_draining {
            return Err(NotOpened::Draining);
        }
        let of_person = inner.of_person(socket.user);
        if of_person >= MOST_OF_A_PERSON {
            return Err(NotOpened::TooMany);
        }
        if inner.is_ready {
            let head = inner.window.head();
            socket.state().cursor.get_or_insert(head);
        }
        for address in &socket.addresses {
            let sockets = inner.by_address.entry(address.clone()).or_default();
            sockets.insert(id, Arc::clone(&socket));
        }
        inner.sockets.insert(id, Arc::clone(&socket));
        if socket.hears_conversations && inner.memberships.want(socket.user) {
            self.wanted.notify_one();
        }
        if of_person == 0 {
            inner.moved.insert(socket.user);
            self.moved.notify_one();
        }
        METERS.opened(self.contract(&socket));
        Ok(socket)
    }

    /// Forgets a socket; the second time does nothing.
    pub(crate) fn detach(&self, socket: &Socket) {
        let mut inner = self.write();
        if inner.sockets.remove(&socket.id).is_none() {
            return;
        }
        for address in &socket.addresses {
            if let Some(sockets) = inner.by_address.get_mut(address) {
                sockets.remove(&socket.id);
                if sockets.is_empty() {
                    inner.by_address.remove(address);
                }
            }
        }
        if socket.hears_conversations && inner.conversant(socket.user).next().is_none() {
            inner.memberships.forget(socket.user);
        }
        if inner.of_person(socket.user) == 0 {
            inner.moved.insert(socket.user);
            self.moved.notify_one();
        }
        drop(inner);
        let why = socket.closing().unwrap_or(Close::Asked);
        METERS.closed(self.contract(socket), why);
    }

    /// Closes the sockets of a sign-in that ended.
    pub(crate) fn close_session(&self, session: SessionId) {
        self.close_where(|socket| socket.session == session && socket.close(Close::SignedOut));
    }

    /// Closes all sockets, and opens none from here on.
    pub(crate) fn drain(&self) {
        self.write().is_draining = true;
        self.close_where(|socket| socket.close(Close::Restart));
    }

    /// Looks at the clock.
    pub(crate) fn tick(&self, now: i64) {
        self.close_where(|socket| socket.tick(now));
    }

    fn close_where(&self, closes: impl Fn(&Socket) -> bool) {
        let closed: Vec<Arc<Socket>> = {
            let inner = self.read();
            let sockets = inner.sockets.values();
            sockets
                .filter(|socket| closes(socket))
                .map(Arc::clone)
                .collect()
        };
        // What the connection still holds goes with it; nothing of it is kept here.
        closed.iter().for_each(|socket| self.detach(socket));
    }

    /// Waits until people came or went, and takes them.
    pub(crate) async fn moved(&self) -> HashSet<UserId> {
        self.moved.notified().await;
        self.take_moved()
    }

    /// Takes those who came or went.
    pub(crate) fn take_moved(&self) -> HashSet<UserId> {
        std::mem::take(&mut self.write().moved)
    }

    /// Whether a person has a socket here.
    pub(crate) fn has(&self, user: UserId) -> bool {
        self.read().of_person(user) > 0
    }

    /// Everybody who has a socket here.
    pub(crate) fn people(&self) -> Vec<UserId> {
        let inner = self.read();
        let addresses = inner.by_address.keys();
        addresses
            .filter_map(|address| match address {
                Address::Person(user) => Some(*user),
                _ => None,
            })
            .collect()
    }

    // === who takes part in larger conversations ===

    /// Waits until larger conversations are to be asked for, and takes the people whose they are.
    pub(crate) async fn wanted(&self) -> HashSet<UserId> {
        self.wanted.notified().await;
        let mut inner = self.write();
        if !inner.is_ready {
            // Where the log stands is not known yet.
            return HashSet::new();
        }
        inner.memberships.take_wanted()
    }

    /// A person's conversations could not be asked for, and have to be.
    pub(crate) fn want_again(&self, user: UserId) {
        self.write().memberships.want_again(user);
        self.wanted.notify_one();
    }

    /// The newest position of the log that was seen here.
    pub(crate) fn head(&self) -> u64 {
        self.read().window.head()
    }

    /// A person takes part in these larger conversations, by an answer that was asked for when the log stood at `at`.
    pub(crate) fn subscribe(&self, user: UserId, listed: &[Uuid], at: u64) {
        let mut inner = self.write();
        if !inner.is_ready || at < inner.window.floor() {
            inner.memberships.want_again(user);
            self.wanted.notify_one();
            return;
        }
        let moves = inner.window.moves(user, listed);
        if !inner.memberships.learn(user, listed, &moves) {
            return;
        }
        let sockets: Vec<Arc<Socket>> = inner.conversant(user).map(Arc::clone).collect();
        drop(inner);
        for socket in &sockets {
            // What was said in between is found now.
            socket.look_again();
            socket.output.wake();
        }
    }

    // === what the log tells ===

    /// The log begins: all behind a position follows.
    pub(crate) fn begin(&self, after: u64) {
        let mut inner = self.write();
        if inner.is_ready {
            // Another reader goes on for one that ended: what comes until it has caught up is behind what was told.
            let told = inner.window.head();
            let sockets = inner.sockets.values();
            sockets.for_each(|socket| socket.go_on_behind(told));
            if after > told {
                inner.memberships.want_all();
            }
        }
        inner.window.restart(after);
        inner.is_ready = false;
    }

    /// Something happened. Without an entry it is nothing that this version knows. Returns how many sockets are told.
    pub(crate) fn deliver(
        &self,
        position: u64,
        entry: Option<Entry>,
        bytes: usize,
        now: i64,
    ) -> usize {
        let mut inner = self.write();
        let Some(entry) = entry else {
            inner.window.pass(position);
            return 0;
        };
        let Some(kept) = inner.window.push(position, entry, bytes) else {
            return 0;
        };
        let told: Vec<Arc<Socket>> = if inner.is_ready {
            let audience = kept.entry.audience.iter();
            audience
                .flat_map(|address| inner.sockets_of(address))
                .filter(|socket| socket.fall_behind(position, now))
                .map(Arc::clone)
                .collect()
        } else {
            Vec::new()
        };
        // Whoever leaves is told so, and nothing after it.
        let floor = inner.window.floor();
        let change = kept.entry.happening.r#move();
        inner.memberships.apply(position, change, floor);
        // Those who wake read the window at once, which must not be locked then.
        drop(inner);
        told.iter().for_each(|socket| socket.output.wake());
        told.len()
    }

    /// The window has all that the log has: sockets that came before begin here.
    pub(crate) fn ready(&self) {
        let mut inner = self.write();
        inner.is_ready = true;
        let head = inner.window.head();
        let sockets: Vec<Arc<Socket>> = inner.sockets.values().map(Arc::clone).collect();
        for socket in &sockets {
            socket.state().cursor.get_or_insert(head);
        }
        drop(inner);
        sockets.iter().for_each(|socket| socket.output.wake());
        self.wanted.notify_one();
    }

    /// What happened up to a position may not have been told to everybody.
    pub(crate) fn lost(&self, after: u64) {
        let mut inner = self.write();
        inner.window.restart(after);
        inner.memberships.want_all();
        let sockets: Vec<Arc<Socket>> = inner.sockets.values().map(Arc::clone).collect();
        drop(inner);
        self.wanted.notify_one();
        sockets
            .iter()
            .for_each(|socket| socket.reload(Reload::Lost));
    }

    // === what is true for a moment ===

    /// Sends a signal to sockets.
    pub(crate) fn signal(&self, to: &[Address], except: Option<UserId>, signal: &Signal, now: i64) {
        let mut frames: Vec<Option<Option<Frames>>> = vec![None; self.dialects.len()];
        let inner = self.read();
        let topic = signal.topic();
        for socket in to.iter().flat_map(|address| inner.sockets_of(address)) {
            if Some(socket.user) == except || !socket.listens(topic) {
                continue;
            }
            let Some(frame) = frames.get_mut(socket.dialect.0) else {
                continue;
            };
            let render = || {
                self.dialect(socket)
                    .and_then(|dialect| dialect.signal(signal))
            };
            if let Some(frame) = frame.get_or_insert_with(render) {
                socket.send(frame.clone(), now);
            }
        }
    }

    // === what a connection reads ===

    /// What a socket is to be told next of what happened; nothing when it stands where the window ends.
    pub(crate) fn pull(&self, socket: &Socket) -> Vec<Outbound> {
        let Some(dialect) = self.dialect(socket) else {
            return Vec::new();
        };
        let inner = self.read();
        let mut state = socket.state();
        let mut out = Vec::new();
        let spells = inner.memberships.of(socket.user);
        if !inner.is_ready || (socket.hears_conversations && spells.is_none()) {
            return out;
        }
        let spells = spells.filter(|_| socket.hears_conversations);
        let head = inner.window.head();
        let cursor = *state.cursor.get_or_insert(head);
        let is_first = !state.is_greeted;
        if is_first {
            state.is_greeted = true;
            out.push(Outbound::of(dialect.connected(cursor)));
        }
        let fell_out = state.is_behind && cursor < inner.window.floor();
        let too_late = if is_first {
            Reload::Expired
        } else {
            Reload::TooSlow
        };
        if let Some(reason) = state.reload.take().or(fell_out.then_some(too_late)) {
            state.cursor = Some(head);
            state.is_behind = false;
            METERS.reload(reason);
            out.push(Outbound::of(dialect.reload(reason, head)));
            return out;
        }
        if !state.is_behind {
            return out;
        }
        let entries = inner
            .window
            .behind(&socket.addresses, spells, cursor, BATCH);
        for kept in &entries {
            state.cursor = Some(kept.position);
            if !socket.listens(kept.entry.happening.topic()) {
                continue;
            }
            let rendered = kept.rendered(socket.dialect, dialect);
            if let Some(rendered) = rendered
                && rendered.only.is_none_or(|only| only == socket.user)
            {
                out.push(Outbound {
                    frames: rendered.frame.clone(),
                    receipt: kept.entry.happening.receipt(socket.user),
                });
            }
        }
        if entries.len() < BATCH {
            state.is_behind = false;
            state.cursor = state.cursor.max(Some(head));
        }
        out
    }

    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn of_person(&self, user: UserId) -> usize {
        let sockets = self.by_address.get(&Address::Person(user));
        sockets.map_or(0, HashMap::len)
    }

    /// The sockets of a person that are told of larger conversations.
    fn conversant(&self, user: UserId) -> impl Iterator<Item = &Arc<Socket>> {
        let sockets = self.by_address.get(&Address::Person(user));
        let sockets = sockets.into_iter().flat_map(HashMap::values);
        sockets.filter(|socket| socket.hears_conversations)
    }

    fn sockets_of(&self, address: &Address) -> Box<dyn Iterator<Item = &Arc<Socket>> + '_> {
        match address {
            Address::Conversation(conversation) => {
                let members = self.memberships.members(*conversation);
                Box::new(members.flat_map(|user| self.conversant(user)))
            }
            _ => {
                let sockets = self.by_address.get(address);
                Box::new(sockets.into_iter().flat_map(HashMap::values))
            }
        }
    }
}

#[cfg(test)]
mod tests;
