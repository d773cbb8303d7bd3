//! What the server's answers mean.

use std::error::Error;
use std::time::Duration;

use futures::stream::unfold;
use futures::{Stream, StreamExt};
use rusoto_core::request::BufferedHttpResponse;
use rusoto_core::{ByteStream, RusotoError};
use rusoto_s3::{AbortMultipartUploadError, GetObjectError, GetObjectOutput, HeadObjectError};

use bytes::Bytes;

use crate::{Blob, BlobError, ByteRange};

/// How long the next piece of a blob may take.
const PIECE_DEADLINE: Duration = Duration::from_secs(10);

/// A refusal, without its text: that repeats what was signed.
#[derive(Debug, thiserror::Error)]
#[error("the server answered {status} {code}")]
struct Refusal {
    status: u16,
    code: String,
}

/// An answer that nobody expects.
#[derive(Debug, thiserror::Error)]
#[error("the server's answer makes no sense: {0}")]
struct Senseless(&'static str);

pub(super) fn failed_get(error: RusotoError<GetObjectError>) -> BlobError {
    match error {
        RusotoError::Service(GetObjectError::NoSuchKey(_)) => BlobError::NotFound,
        other => failed(other),
    }
}

pub(super) fn failed_head(error: RusotoError<HeadObjectError>) -> BlobError {
    match error {
        RusotoError::Service(HeadObjectError::NoSuchKey(_)) => BlobError::NotFound,
        other => failed(other),
    }
}

pub(super) fn failed_abort(error: RusotoError<AbortMultipartUploadError>) -> BlobError {
    match error {
        RusotoError::Service(AbortMultipartUploadError::NoSuchUpload(_)) => BlobError::NotFound,
        other => failed(other),
    }
}

pub(super) fn failed<E: Error + Send + Sync + 'static>(error: RusotoError<E>) -> BlobError {
    match error {
        RusotoError::Unknown(answer) => refused(&answer),
        RusotoError::HttpDispatch(error) => BlobError::Unavailable(Box::new(error)),
        // Who asks the machine for them may have to ask again.
        RusotoError::Credentials(error) => BlobError::Unavailable(Box::new(error)),
        other => BlobError::Failed(Box::new(other)),
    }
}

fn refused(answer: &BufferedHttpResponse) -> BlobError {
    let refusal = Refusal {
        status: answer.status.as_u16(),
        code: code(answer.body_as_str()),
    };
    match (refusal.status, refusal.code.as_str()) {
        (_, "BadDigest" | "InvalidDigest") => BlobError::Damaged,
        (404, "NoSuchBucket") => BlobError::Failed(Box::new(refusal)),
        (404, _) => BlobError::NotFound,
        (416, _) => BlobError::RangeNotSatisfiable,
        (401 | 403, _) => BlobError::Refused(Box::new(refusal)),
        (408 | 429 | 500..=599, _) | (_, "RequestTimeout") => {
            BlobError::Unavailable(Box::new(refusal))
        }
        _ => BlobError::Failed(Box::new(refusal)),
    }
}

/// The name of the error in an XML body; empty without one.
fn code(body: &str) -> String {
    let found = body
        .split_once("<Code>")
        .and_then(|(_, rest)| rest.split_once("</Code>"))
        .map(|(code, _)| code)
        .filter(|code| code.len() < 100 && code.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    found.unwrap_or_default().to_owned()
}

pub(super) fn size(length: Option<i64>) -> Result<u64, BlobError> {
    length
        .and_then(|length| u64::try_from(length).ok())
        .ok_or_else(|| senseless("it has no length"))
}

/// The blob of an answer to a request for that range.
pub(super) fn blob(got: GetObjectOutput, range: Option<ByteRange>) -> Result<Blob, BlobError> {
    let length = size(got.content_length)?;
    let (size, first) = match range {
        None => (length, 0),
        Some(range) => {
            let size = got.content_range.as_deref().and_then(whole_size);
            let size = size.ok_or_else(|| senseless("it has no range"))?;
            let (first, expected) = range.within(size)?;
            if expected != length {
                return Err(senseless("it has another range"));
            }
            (size, first)
        }
    };
    let body = got.body.unwrap_or_else(|| Vec::new().into());
    Ok(Blob {
        size,
        first,
        length,
        stream: in_time(body).boxed(),
    })
}

/// The size in `bytes 2-4/10`.
fn whole_size(content_range: &str) -> Option<u64> {
    content_range.rsplit_once('/')?.1.parse().ok()
}

pub(super) fn senseless(what: &'static str) -> BlobError {
    BlobError::Failed(Box::new(Senseless(what)))
}

/// The pieces, which end with the first failure or delay.
fn in_time(body: ByteStream) -> impl Stream<Item = Result<Bytes, BlobError>> + Send {
    unfold(Some(body), |body| async {
        let mut body = body?;
        match tokio::time::timeout(PIECE_DEADLINE, body.next()).await {
            Ok(None) => None,
            Ok(Some(Ok(piece))) => Some((Ok(piece), Some(body))),
            Ok(Some(Err(error))) => Some((Err(BlobError::Unavailable(Box::new(error))), None)),
            Err(late) => Some((Err(BlobError::Unavailable(Box::new(late))), None)),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_error_is_found() {
        let body = "<?xml version=\"1.0\"?><Error><Code>NoSuchBucket</Code><Message/></Error>";
        assert_eq!(code(body), "NoSuchBucket");
        for body in ["", "<Code>", "<Code>a b</Code>", "</Code><Code>"] {
            assert_eq!(code(body), "", "{body}");
        }
    }

    #[test]
    fn the_size_of_the_whole_is_read() {
        assert_eq!(whole_size("bytes 2-4/10"), Some(10));
        for wrong in ["", "bytes 2-4/*", "bytes"] {
            assert_eq!(whole_size(wrong), None, "{wrong}");
        }
    }
}
