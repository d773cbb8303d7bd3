//! Processes and servers that end as in a crash, while people write: what was answered reaches the reader, or the reader is told to reload.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::join_all;
use oruma_e2e::{Client, Deployment, Member, PrivateServers, Socket};
use serde_json::{Value, json};

const WRITERS: usize = 4;
/// Between two messages of one writer.
const BREATH: Duration = Duration::from_millis(40);
/// How long a fault may be felt.
const RECOVERY: Duration = Duration::from_secs(90);
/// How long the writers go on around each fault.
const CALM: Duration = Duration::from_secs(3);

/// What the reader knows: what sockets told, and what it loaded when it was told to.
#[derive(Default)]
struct Reader {
    known: BTreeSet<String>,
    told: Vec<String>,
    reloads: usize,
}

/// O-093, O-153, O-214: each process and each server that a message passes is killed in turn.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_killed_the_reader_knows_all() {
    let servers = PrivateServers::start(&["redis", "rabbitmq"]).await;
    let mut plan = Deployment::distributed().gateways(2);
    for (variable, url) in servers.urls() {
        plan = plan.env(variable, url);
    }
    let deployment = plan.start().await;
    let api = deployment.client();
    let reader = api.newcomer().await;
    let writers = join_all((0..WRITERS).map(|_| api.newcomer())).await;
    let is_over = Arc::new(AtomicBool::new(false));
    let writing = join_all(
        writers
            .iter()
            .map(|writer| write(&api, writer, &reader, &is_over)),
    );
    let breaking = async {
        for fault in ["messaging", "gateway", "redis", "rabbitmq"] {
            tokio::time::sleep(CALM).await;
            match fault {
                "messaging" => {
                    deployment.service("messaging").kill();
                    deployment.service("messaging").start();
                }
                "gateway" => {
                    deployment.gateway(1).kill();
                    tokio::time::sleep(CALM).await;
                    deployment.gateway(1).start();
                    deployment.gateway(1).ready().await;
                }
                server => {
                    servers.kill(server).await;
                    tokio::time::sleep(CALM).await;
                    servers.restart(server).await;
                }
            }
        }
        tokio::time::sleep(CALM).await;
        is_over.store(true, Ordering::Relaxed);
    };
    let answered = async {
        futures::join!(writing, breaking)
            .0
            .into_iter()
            .flatten()
            .collect()
    };
    let mut state = Reader::default();
    state.read(&api, &reader, answered).await;
    let distinct: BTreeSet<&String> = state.told.iter().collect();
    assert_eq!(distinct.len(), state.told.len(), "something was told twice");
    // Redis forgot what it had: that was announced, and nothing else was.
    assert!(
        (1..=4).contains(&state.reloads),
        "{} reloads",
        state.reloads
    );
}

/// Writes until it is over; the ids of what was answered.
async fn write(
    api: &Client,
    writer: &Member,
    reader: &Member,
    is_over: &AtomicBool,
) -> Vec<String> {
    let mut answered = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        let body = json!({"receiverId": reader.id, "content": answered.len().to_string()});
        let call = api.post("/api/messages", &body).bearer(&writer.token);
        if let Ok(answer) = call.attempt().await
            && answer.status == 201
        {
            let id = answer.json()["message"]["id"].as_str().map(str::to_owned);
            answered.extend(id);
        }
        tokio::time::sleep(BREATH).await;
    }
    answered
}

impl Reader {
    /// Reads until all that was answered is known, with a new socket wherever one ends.
    async fn read(
        &mut self,
        api: &Client,
        reader: &Member,
        answered: impl Future<Output = BTreeSet<String>>,
    ) {
        let mut expected = None;
        let mut since = None;
        let mut answered = Box::pin(answered);
        let reading = async {
            loop {
                let Some(mut socket) = connect(api, reader, since).await else {
                    tokio::time::sleep(BREATH).await;
                    continue;
                };
                loop {
                    let frame = tokio::select! {
                        all = &mut answered, if expected.is_none() => {
                            expected = Some(all);
                            continue;
                        }
                        frame = socket.next_within(Duration::from_secs(2)) => frame,
                    };
                    let Some(frame) = frame else { break };
                    since = Some(socket.seq);
                    self.hear(api, reader, &frame).await;
                    if expected
                        .as_ref()
                        .is_some_and(|all| all.is_subset(&self.known))
                    {
                        return;
                    }
                }
            }
        };
        let limit = RECOVERY * 3;
        let read = tokio::time::timeout(limit, reading).await;
        assert!(read.is_ok(), "the reader should know all by now");
    }

    async fn hear(&mut self, api: &Client, reader: &Member, frame: &Value) {
        match frame["type"].as_str() {
            Some("message_received") => {
                let id = frame["data"]["message"]["id"].as_str().expect("an id");
                self.told.push(id.to_owned());
                self.known.insert(id.to_owned());
            }
            Some("reload_required") => {
                self.reloads += 1;
                self.known.extend(load(api, reader).await);
            }
            _ => {}
        }
    }
}

async fn connect(api: &Client, reader: &Member, since: Option<u64>) -> Option<Socket> {
    let since = since.map(|seq| format!("&since={seq}")).unwrap_or_default();
    let query = format!("token={}{since}", reader.token);
    Socket::try_open(api.gateway(), &query, &[]).await.ok()
}

/// All that REST has.
async fn load(api: &Client, reader: &Member) -> Vec<String> {
    let mut ids = Vec::new();
    let conversations = reliably(api, reader, "/api/conversations").await;
    for conversation in conversations["conversations"].as_array().expect("a list") {
        let id = conversation["id"].as_str().expect("an id");
        let mut cursor = String::new();
        loop {
            let path = format!("/api/conversations/{id}/messages?limit=100{cursor}");
            let page = reliably(api, reader, &path).await;
            let messages = page["messages"].as_array().expect("a list").iter();
            ids.extend(messages.filter_map(|message| message["id"].as_str().map(str::to_owned)));
            match page["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
    }
    ids
}

async fn reliably(api: &Client, reader: &Member, path: &str) -> Value {
    loop {
        let answer = api.get(path).bearer(&reader.token).attempt().await;
        if let Ok(answer) = answer
            && answer.status == 200
        {
            return answer.json();
        }
        tokio::time::sleep(BREATH).await;
    }
}
