//! An HTTP client that takes little of the processor: connections that stay open, and no more than HTTP/1.1 on them.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::load::Outcome;

type Sender = SendRequest<Full<Bytes>>;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Ask {
    method: Method,
    path: String,
    token: Option<String>,
    body: Bytes,
    content_type: &'static str,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The body.
    pub body: Bytes,
}

/// A server, or several that are asked in turn. Clones share their connections.
#[derive(Clone)]
pub struct Wire {
    ends: Arc<[End]>,
    next: Arc<AtomicUsize>,
}

struct End {
    address: SocketAddr,
    idle: Mutex<Vec<Sender>>,
}

// === impl Ask ===

impl Ask {
    /// A GET.
    #[must_use]
    pub fn get(path: &str) -> Self {
        Self {
            method: Method::GET,
            path: path.to_owned(),
            token: None,
            body: Bytes::new(),
            content_type: "",
        }
    }

    /// A POST of JSON.
    #[must_use]
    pub fn post(path: &str, body: &serde_json::Value) -> Self {
        Self::post_bytes(path, "application/json", body.to_string().into())
    }

    /// A POST of anything.
    #[must_use]
    pub fn post_bytes(path: &str, content_type: &'static str, body: Bytes) -> Self {
        Self {
            method: Method::POST,
            body,
            content_type,
            ..Self::get(path)
        }
    }

    /// By somebody.
    #[must_use]
    pub fn by(mut self, token: &str) -> Self {
        self.token = Some(format!("Bearer {token}"));
        self
    }

    fn request(&self, host: SocketAddr) -> Result<Request<Full<Bytes>>> {
        let mut request = Request::builder()
            .method(&self.method)
            .uri(&self.path)
            .header(HOST, host.to_string());
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, token);
        }
        if !self.content_type.is_empty() {
            request = request.header(CONTENT_TYPE, self.content_type);
        }
        Ok(request.body(Full::new(self.body.clone()))?)
    }
}

// === impl Wire ===

impl Wire {
    /// To these servers.
    #[must_use]
    pub fn to(addresses: &[SocketAddr]) -> Self {
        let ends = addresses.iter().map(|&address| End {
            address,
            idle: Mutex::default(),
        });
        Self {
            ends: ends.collect(),
            next: Arc::default(),
        }
    }

    /// Asks the next server, and waits for the whole answer.
    ///
    /// # Errors
    /// When the line can't be had or is lost.
    pub async fn ask(&self, ask: &Ask) -> Result<Answer> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.ends.len().max(1);
        let end = self.ends.get(turn).context("there is no server")?;
        let mut sender = end.take().await?;
        let answer = sender.send_request(ask.request(end.address)?).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        end.give_back(sender);
        Ok(Answer { status, body })
    }

    /// Asks, and tells how it ended: done with a status of success, refused with 503.
    pub async fn outcome(&self, ask: &Ask) -> Outcome {
        match self.ask(ask).await {
            Ok(answer) if answer.status.is_success() => Outcome::Done,
            Ok(answer) if answer.status == StatusCode::SERVICE_UNAVAILABLE => Outcome::Refused,
            _ => Outcome::Failed,
        }
    }
}

// === impl End ===

impl End {
    async fn take(&self) -> Result<Sender> {
        loop {
            let idle = self
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .pop();
            match idle {
                // The server may have closed it meanwhile.
                Some(sender) if sender.is_closed() => {}
                Some(mut sender) => {
                    sender.ready().await?;
                    return Ok(sender);
                }
                None => break,
            }
        }
        let line = TcpStream::connect(self.address).await?;
        line.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(line)).await?;
        // Its end is seen by the next sender.
        drop(tokio::spawn(connection));
        Ok(sender)
    }

    fn give_back(&self, sender: Sender) {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(sender);
    }
}
