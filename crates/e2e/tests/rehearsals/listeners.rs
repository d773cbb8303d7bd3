//! People whose sockets are open all the time: they keep what they are told, and come back where the line ends.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use oruma_e2e::Socket;
use oruma_service_runtime::Clock;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::town::{READERS, Town};

/// Before somebody comes back.
const PAUSE: Duration = Duration::from_millis(300);
/// After how long those come back who do so by themselves.
const WANDERS: Duration = Duration::from_secs(9);

/// A contract's socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Face {
    Hub,
    Chat,
}

/// Somebody's socket, and those after it.
pub(crate) struct Listener {
    pub(crate) face: Face,
    pub(crate) who: usize,
    /// Whether it closes its socket now and then.
    pub(crate) wanders: bool,
    heard: Arc<Mutex<Heard>>,
}

/// What a listener was told.
#[derive(Debug, Default, Clone)]
pub(crate) struct Heard {
    /// Ids of posts and messages, in order.
    pub(crate) told: Vec<String>,
    /// When it was told to reload.
    pub(crate) reloads: Vec<DateTime<Utc>>,
    /// Ends with a code, by code; 0 for lines that were cut.
    pub(crate) ends: BTreeMap<u16, usize>,
    /// How often it came back with `since`.
    pub(crate) returns: usize,
}

/// All of them.
pub(crate) struct Listeners {
    pub(crate) all: Vec<Listener>,
    _tasks: JoinSet<()>,
}

impl Listeners {
    /// Readers of both contracts, at all gateways in turn; every other one wanders. They listen when this returns.
    pub(crate) async fn start(town: &Arc<Town>, gateways: &[SocketAddr]) -> Self {
        let mut all = Vec::new();
        let mut tasks = JoinSet::new();
        for (face, who) in [Face::Hub, Face::Chat]
            .into_iter()
            .flat_map(|face| (0..READERS).map(move |who| (face, who)))
        {
            let listener = Listener {
                face,
                who,
                wanders: who % 2 == 1,
                heard: Arc::default(),
            };
            let gateways: Vec<SocketAddr> = gateways
                .iter()
                .copied()
                .cycle()
                .skip(who / 2)
                .take(gateways.len())
                .collect();
            let first = open(town, &listener, gateways[0], None).await;
            let first = first.expect("the first socket is opened");
            let heard = Arc::clone(&listener.heard);
            let life = Life {
                town: Arc::clone(town),
                listener: Listener { heard, ..listener },
                gateways,
            };
            tasks.spawn(life.listen(first));
            all.push(listener);
        }
        Self { all, _tasks: tasks }
    }
}

impl Listener {
    /// What it was told so far.
    pub(crate) fn heard(&self) -> Heard {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Life {
    town: Arc<Town>,
    listener: Listener,
    gateways: Vec<SocketAddr>,
}

impl Life {
    async fn listen(self, mut socket: Socket) {
        let mut since = None;
        let mut turns = self.gateways.iter().cycle();
        loop {
            let leaves = async {
                if !self.listener.wanders {
                    std::future::pending::<()>().await;
                }
                tokio::time::sleep(WANDERS).await;
            };
            let listening = async {
                loop {
                    match socket.next_or_end().await {
                        Ok(frame) => {
                            if frame["seq"].is_u64() {
                                since = Some(socket.seq);
                            }
                            self.hears(&frame);
                        }
                        Err(code) => return code,
                    }
                }
            };
            tokio::select! {
                code = listening => {
                    *self.listener.lock().ends.entry(code.unwrap_or(0)).or_default() += 1;
                }
                () = leaves => {}
            }
            drop(socket);
            socket = loop {
                let Some(gateway) = turns.next() else { return };
                match open(&self.town, &self.listener, *gateway, since).await {
                    Some(socket) => break socket,
                    None => tokio::time::sleep(PAUSE).await,
                }
            };
            self.listener.lock().returns += 1;
        }
    }

    fn hears(&self, frame: &Value) {
        let name = frame["type"].as_str().or_else(|| frame["event"].as_str());
        let id = match name.unwrap_or_default() {
            "message_received" => &frame["data"]["message"]["id"],
            "new_post" => &frame["data"]["post"]["id"],
            "message:new" => &frame["data"]["id"],
            "reload_required" | "connection:reload" => {
                let now = Clock::system().now();
                self.listener.lock().reloads.push(now);
                return;
            }
            _ => return,
        };
        let id = id.as_str().expect("what is told has an id").to_owned();
        self.listener.lock().told.push(id);
    }
}

async fn open(
    town: &Town,
    listener: &Listener,
    gateway: SocketAddr,
    since: Option<u64>,
) -> Option<Socket> {
    let person = &town.people[listener.who];
    let (path, token) = match listener.face {
        Face::Hub => ("/ws", &person.hub.token),
        Face::Chat => ("/connectbest/ws", &person.chat.token),
    };
    let since = since.map(|seq| format!("&since={seq}")).unwrap_or_default();
    let query = format!("token={token}{since}");
    Socket::try_open_at(gateway, path, &query, &[]).await.ok()
}
