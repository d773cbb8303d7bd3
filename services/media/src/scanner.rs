//! Asking the virus scanner.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use clamav_client::tokio::{Tcp, scan_stream};
use futures::Stream;

use crate::error::Error;

/// How long one file may take.
const DEADLINE: Duration = Duration::from_secs(15);
/// What is sent at once.
pub(crate) const PIECE: usize = 64 * 1024;

/// An answer that says neither that a file is clean nor that it is infected.
#[derive(Debug, thiserror::Error)]
#[error("the scanner could not scan a file")]
struct NotScanned;

/// Has a file, which callers call `field`, scanned by the scanner at an address.
///
/// # Errors
/// [`Error::Infected`]; [`Error::Unavailable`] when the scanner is away, too slow or can't scan the file: what was not scanned never
/// passes.
pub(crate) async fn check(
    address: &str,
    pieces: impl Stream<Item = io::Result<Bytes>>,
    field: &'static str,
) -> Result<(), Error> {
    let host_address = address;
    let scan = scan_stream(pieces, Tcp { host_address }, Some(PIECE));
    let answer = tokio::time::timeout(DEADLINE, scan).await;
    let answer = answer
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        .map_err(Error::unavailable)?;
    judge(&answer, field)
}

/// `stream: OK`, `stream: <name> FOUND` or `<reason> ERROR`, and a NUL.
fn judge(answer: &[u8], field: &'static str) -> Result<(), Error> {
    let answer = String::from_utf8_lossy(answer);
    let answer = answer.trim_end_matches(['\0', '\n']);
    if answer == "stream: OK" {
        return Ok(());
    }
    if answer.ends_with(" FOUND") {
        tracing::warn!(answer, "an upload is infected");
        return Err(Error::Infected { field });
    }
    Err(Error::unavailable(NotScanned))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// O-198: only one answer lets a file pass.
    #[test]
    fn only_a_clear_answer_lets_pass() {
        assert!(judge(b"stream: OK\0", "image").is_ok());
        for infected in ["stream: Eicar-Signature FOUND\0", "stream: OK FOUND"] {
            let judged = judge(infected.as_bytes(), "image");
            assert!(matches!(judged, Err(Error::Infected { field: "image" })));
        }
        for unclear in [
            "",
            "OK",
            "INSTREAM size limit exceeded. ERROR",
            "stream: OKAY",
        ] {
            let judged = judge(unclear.as_bytes(), "image");
            assert!(matches!(judged, Err(Error::Unavailable(_))), "{unclear}");
        }
    }
}
