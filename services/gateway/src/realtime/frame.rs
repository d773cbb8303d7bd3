//! WebSocket frames as bytes: made once, sent to many.

use actix_http::ws::{CloseCode, CloseReason, Codec, Message};
use bytes::{Bytes, BytesMut};
use serde::Serialize;
use tokio_util::codec::Encoder;

/// Some whole frames as they go over the wire.
pub(crate) type Frames = Bytes;

/// A ping without a text.
pub(crate) const PING: Frames = Bytes::from_static(&[0x89, 0]);

/// Why a socket is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Close {
    /// 1000: the client asked for it.
    Asked,
    /// 1002: what came is no WebSocket.
    Broken,
    /// 1009: a frame is too large.
    TooLarge,
    /// 1012: the server stops; another is there.
    Restart,
    /// 1013: the client does not read what it is sent.
    TooSlow,
    /// 4401: the token has expired or the sign-in has ended.
    SignedOut,
    /// 4408: the client shows no sign of life.
    Silent,
}

impl Close {
    fn code(self) -> u16 {
        match self {
            Self::Asked => 1000,
            Self::Broken => 1002,
            Self::TooLarge => 1009,
            Self::Restart => 1012,
            Self::TooSlow => 1013,
            Self::SignedOut => 4401,
            Self::Silent => 4408,
        }
    }

    /// In a word, for clients and metrics.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Asked => "closed",
            Self::Broken => "protocol_error",
            Self::TooLarge => "frame_too_large",
            Self::Restart => "restart",
            Self::TooSlow => "too_slow",
            Self::SignedOut => "signed_out",
            Self::Silent => "silent",
        }
    }

    /// The frame that says so.
    pub(crate) fn frame(self) -> Frames {
        encoded(Message::Close(Some(CloseReason {
            code: CloseCode::from(self.code()),
            description: Some(self.reason().to_owned()),
        })))
    }
}

/// A frame of text that is JSON.
pub(crate) fn json(body: &impl Serialize) -> Frames {
    // Texts, numbers and structs of them can always be written.
    let text = serde_json::to_string(body).unwrap_or_default();
    encoded(Message::Text(text.into()))
}

/// The answer to a client's ping.
pub(crate) fn pong(payload: Bytes) -> Frames {
    encoded(Message::Pong(payload))
}

fn encoded(message: Message) -> Frames {
    let mut bytes = BytesMut::new();
    // Only continuations can be refused.
    let _ = Codec::new().encode(message, &mut bytes);
    bytes.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_close_has_its_code_and_reason() {
        let frame = Close::SignedOut.frame();
        assert_eq!(&frame[..4], [0x88, 12, 0x11, 0x31]);
        assert_eq!(&frame[4..], b"signed_out");
    }

    #[test]
    fn text_is_not_masked() {
        assert_eq!(&json(&7)[..], [0x81, 1, b'7']);
    }
}
