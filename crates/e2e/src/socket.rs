//! A WebSocket client.

use std::net::SocketAddr;
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::Member;

/// Longer than anything that a socket waits for.
const SOON: Duration = Duration::from_secs(30);

/// An open socket. Dropping it cuts the line without a farewell.
pub struct Socket {
    stream: WebSocketStream<TcpStream>,
    /// The last `seq` that came.
    pub seq: u64,
}

/// Why a socket was not opened.
#[derive(Debug)]
pub struct Refused {
    /// The status of the answer; 0 where there was none.
    pub status: u16,
    /// The body of the answer.
    pub body: Value,
}

impl Refused {
    fn without_answer() -> Self {
        Self {
            status: 0,
            body: Value::Null,
        }
    }
}

impl Socket {
    /// Opens somebody's socket.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn open(gateway: SocketAddr, member: &Member) -> Self {
        Self::since(gateway, member, None).await
    }

    /// Opens somebody's socket again, to go on where it was.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn since(gateway: SocketAddr, member: &Member, since: Option<u64>) -> Self {
        let since = since.map(|seq| format!("&since={seq}")).unwrap_or_default();
        let query = format!("token={}{since}", member.token);
        let opened = Self::try_open(gateway, &query, &[]).await;
        let mut socket = opened.expect("the socket is opened");
        let connected = socket.next().await;
        assert!(is(&connected, "connected"), "{connected}");
        socket
    }

    /// Opens somebody's socket of the chat, or one of its namespaces such as `/ws/typing`, to go on where it was if that is said.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn chat(
        gateway: SocketAddr,
        member: &Member,
        namespace: &str,
        since: Option<u64>,
    ) -> Self {
        let since = since.map(|seq| format!("&since={seq}")).unwrap_or_default();
        let query = format!("token={}{since}", member.token);
        let path = format!("/connectbest{namespace}");
        let opened = Self::try_open_at(gateway, &path, &query, &[]).await;
        let mut socket = opened.expect("the socket is opened");
        let ready = socket.next().await;
        assert!(is(&ready, "connection:ready"), "{ready}");
        socket
    }

    /// Tries to open a socket.
    ///
    /// # Errors
    /// The refusal, or that there was no answer.
    ///
    /// # Panics
    /// When the query or a header can't be sent.
    pub async fn try_open(
        gateway: SocketAddr,
        query: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, Refused> {
        Self::try_open_at(gateway, "/ws", query, headers).await
    }

    /// Tries to open a socket at a path.
    ///
    /// # Errors
    /// The refusal, or that there was no answer.
    ///
    /// # Panics
    /// When the query or a header can't be sent.
    pub async fn try_open_at(
        gateway: SocketAddr,
        path: &str,
        query: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, Refused> {
        let url = format!("ws://{gateway}{path}?{query}");
        let mut request = url.into_client_request().expect("a request");
        for (name, value) in headers {
            let value = HeaderValue::from_str(value).expect("a header");
            request
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
        let Ok(line) = TcpStream::connect(gateway).await else {
            return Err(Refused::without_answer());
        };
        line.set_nodelay(true).expect("an option");
        match client_async(request, line).await {
            Ok((stream, _)) => Ok(Self { stream, seq: 0 }),
            Err(Error::Http(answer)) => {
                let body = answer.body().as_deref().unwrap_or_default();
                Err(Refused {
                    status: answer.status().as_u16(),
                    body: serde_json::from_slice(body).unwrap_or_default(),
                })
            }
            Err(_) => Err(Refused::without_answer()),
        }
    }

    /// Sends a frame.
    ///
    /// # Panics
    /// When the line is cut.
    pub async fn send(&mut self, r#type: &str, data: &Value) {
        let text = json!({"type": r#type, "data": data}).to_string();
        self.send_raw(Message::text(text)).await;
    }

    /// Sends a frame of the chat.
    ///
    /// # Panics
    /// When the line is cut.
    pub async fn emit(&mut self, event: &str, data: &Value) {
        let text = json!({"event": event, "data": data}).to_string();
        self.send_raw(Message::text(text)).await;
    }

    /// Sends anything.
    ///
    /// # Panics
    /// When the line is cut.
    pub async fn send_raw(&mut self, message: Message) {
        self.stream.send(message).await.expect("the line holds");
    }

    /// The next frame that is text.
    ///
    /// # Panics
    /// When none comes soon.
    pub async fn next(&mut self) -> Value {
        let frame = self.next_within(SOON).await;
        frame.expect("a frame should have come by now")
    }

    /// The next frame of a type; others are passed over.
    ///
    /// # Panics
    /// When none comes soon.
    pub async fn next_of(&mut self, r#type: &str) -> Value {
        let waiting = async {
            loop {
                let frame = self.next().await;
                if is(&frame, r#type) {
                    return frame;
                }
            }
        };
        let frame = tokio::time::timeout(SOON, waiting).await;
        frame.unwrap_or_else(|_| panic!("a {} frame should have come by now", r#type))
    }

    /// The next frame that is text, if one comes within a time; none once the line is cut.
    ///
    /// # Panics
    /// When a frame is no JSON.
    pub async fn next_within(&mut self, limit: Duration) -> Option<Value> {
        let waiting = async {
            loop {
                match self.stream.next().await {
                    Some(Ok(Message::Text(text))) => return Some(text),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return None,
                }
            }
        };
        let text = tokio::time::timeout(limit, waiting).await.ok()??;
        let frame: Value = serde_json::from_str(&text).expect("a frame is JSON");
        if let Some(seq) = frame.get("seq").and_then(Value::as_u64) {
            self.seq = seq;
        }
        Some(frame)
    }

    /// The next frame that is text, however long it takes; else the code with which the server closed the socket, or none where the line was
    /// cut without one.
    ///
    /// # Errors
    /// The end of the socket.
    ///
    /// # Panics
    /// When a frame is no JSON.
    pub async fn next_or_end(&mut self) -> Result<Value, Option<u16>> {
        loop {
            match self.stream.next().await {
                Some(Ok(Message::Text(text))) => {
                    let frame: Value = serde_json::from_str(&text).expect("a frame is JSON");
                    if let Some(seq) = frame.get("seq").and_then(Value::as_u64) {
                        self.seq = seq;
                    }
                    return Ok(frame);
                }
                Some(Ok(Message::Close(close))) => {
                    return Err(close.map(|close| close.code.into()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(None),
            }
        }
    }

    /// The frames of a type that come within a time.
    pub async fn all_within(&mut self, r#type: &str, limit: Duration) -> Vec<Value> {
        let end = tokio::time::Instant::now() + limit;
        let mut all = Vec::new();
        loop {
            let left = end.saturating_duration_since(tokio::time::Instant::now());
            match self.next_within(left).await {
                Some(frame) if is(&frame, r#type) => all.push(frame),
                Some(_) => {}
                None => return all,
            }
        }
    }

    /// The code with which the server closes the socket; none when the line is cut without one.
    ///
    /// # Panics
    /// When that does not come soon.
    pub async fn closed(&mut self) -> Option<u16> {
        let waiting = async {
            loop {
                match self.stream.next().await {
                    Some(Ok(Message::Close(close))) => return close.map(|close| close.code.into()),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return None,
                }
            }
        };
        let closed = tokio::time::timeout(SOON, waiting).await;
        closed.expect("the socket should have been closed by now")
    }
}

/// Whether a frame is of that type, or of that event.
fn is(frame: &Value, name: &str) -> bool {
    let found = frame.get("type").or_else(|| frame.get("event"));
    found.is_some_and(|found| found == name)
}
