//! HTTP/1.1 by hand, for requests that no decent client sends.

use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const DEADLINE: Duration = Duration::from_secs(30);

/// What came back.
#[derive(Debug, Clone)]
pub struct RawAnswer {
    /// The status.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body, put together if it came in chunks.
    pub body: Bytes,
}

// === impl RawAnswer ===

impl RawAnswer {
    /// The first value of a header, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The body as JSON, or null.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Whether all of an answer is there: as much as it says, unless it ends with its connection.
    fn is_whole(text: &[u8]) -> bool {
        let Ok(answer) = Self::parse(text) else {
            return false;
        };
        let length = answer.header("content-length");
        let length = length.and_then(|length| length.parse().ok());
        let is_chunked = answer.header("transfer-encoding").is_some();
        is_chunked || length.is_some_and(|length: usize| answer.body.len() >= length)
    }

    fn parse(text: &[u8]) -> Result<Self> {
        let end = text
            .windows(4)
            .position(|window| window == b"\r\n\r\n")
            .ok_or_else(|| broken("no end of headers"))?;
        let (head, rest) = text.split_at(end);
        let head = String::from_utf8_lossy(head);
        let mut lines = head.split("\r\n");
        let status = lines
            .next()
            .and_then(|line| line.split(' ').nth(1)?.parse().ok())
            .ok_or_else(|| broken("no status"))?;
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let mut answer = Self {
            status,
            headers,
            body: Bytes::copy_from_slice(rest.get(4..).unwrap_or_default()),
        };
        if answer.header("transfer-encoding") == Some("chunked") {
            answer.body = unchunk(&answer.body)?;
        }
        Ok(answer)
    }
}

/// Sends all these bytes as they are, and reads one answer.
///
/// # Errors
/// When there is no connection or no answer within half a minute.
pub async fn raw(address: SocketAddr, request: &[u8]) -> Result<RawAnswer> {
    let exchange = async {
        let (mut input, mut output) = TcpStream::connect(address).await?.into_split();
        // A server that has read enough answers and closes: what could not be sent then is no failure.
        let sending = async { output.write_all(request).await.ok() };
        let mut received = Vec::new();
        let receiving = async {
            while input
                .read_buf(&mut received)
                .await
                .is_ok_and(|count| count > 0)
            {
                if RawAnswer::is_whole(&received) {
                    break;
                }
            }
        };
        tokio::join!(sending, receiving);
        RawAnswer::parse(&received)
    };
    tokio::time::timeout(DEADLINE, exchange)
        .await
        .map_err(|_| Error::from(ErrorKind::TimedOut))?
}

fn unchunk(mut rest: &[u8]) -> Result<Bytes> {
    let mut whole = Vec::new();
    loop {
        let end = rest
            .windows(2)
            .position(|window| window == b"\r\n")
            .ok_or_else(|| broken("no chunk"))?;
        let (size, after) = rest.split_at(end);
        let size = std::str::from_utf8(size).ok();
        let size = size.and_then(|text| usize::from_str_radix(text, 16).ok());
        let size = size.ok_or_else(|| broken("no size of a chunk"))?;
        if size == 0 {
            return Ok(whole.into());
        }
        let chunk = after.get(2..2 + size);
        whole.extend_from_slice(chunk.ok_or_else(|| broken("half a chunk"))?);
        rest = after.get(4 + size..).unwrap_or_default();
    }
}

fn broken(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, what.to_owned())
}
