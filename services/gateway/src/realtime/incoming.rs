//! What a client sends: bytes put together to whole texts.

use actix_http::ws::{Codec, Frame, Item, ProtocolError};
use bytes::{Bytes, BytesMut};
use tokio_util::codec::Decoder;

use super::frame::Close;

/// What came from a client.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Incoming {
    Text(Bytes),
    /// No contract has such frames.
    Binary,
    Ping(Bytes),
    Pong,
    Close,
}

/// Puts bytes together.
pub(super) struct Decode {
    codec: Codec,
    largest: usize,
    buffer: BytesMut,
    /// The parts of a message that came so far, and whether it is text.
    parts: Option<(bool, BytesMut)>,
}

impl Decode {
    /// Takes messages up to a size.
    pub(super) fn new(largest: usize) -> Self {
        Self {
            codec: Codec::new().max_size(largest),
            largest,
            buffer: BytesMut::new(),
            parts: None,
        }
    }

    pub(super) fn feed(&mut self, bytes: Bytes) {
        if self.buffer.is_empty() {
            self.buffer = BytesMut::from(bytes);
        } else {
            self.buffer.extend_from_slice(&bytes);
        }
    }

    /// The next whole message; none before more bytes came.
    ///
    /// # Errors
    /// Why the socket has to be closed.
    pub(super) fn next(&mut self) -> Result<Option<Incoming>, Close> {
        while let Some(frame) = self.codec.decode(&mut self.buffer).map_err(why)? {
            let whole = match frame {
                Frame::Text(text) => Some(Incoming::Text(text)),
                Frame::Binary(_) => Some(Incoming::Binary),
                Frame::Ping(payload) => Some(Incoming::Ping(payload)),
                Frame::Pong(_) => Some(Incoming::Pong),
                Frame::Close(_) => Some(Incoming::Close),
                Frame::Continuation(item) => self.join(item)?,
            };
            if whole.is_some() {
                return Ok(whole);
            }
        }
        if self.buffer.is_empty() {
            // A quiet client holds no memory.
            self.buffer = BytesMut::new();
        }
        Ok(None)
    }

    fn join(&mut self, item: Item) -> Result<Option<Incoming>, Close> {
        let (part, is_last) = match item {
            Item::FirstText(part) => {
                self.parts = Some((true, BytesMut::new()));
                (part, false)
            }
            Item::FirstBinary(part) => {
                self.parts = Some((false, BytesMut::new()));
                (part, false)
            }
            Item::Continue(part) => (part, false),
            Item::Last(part) => (part, true),
        };
        let Some((is_text, whole)) = &mut self.parts else {
            return Err(Close::Broken);
        };
        if whole.len() + part.len() > self.largest {
            return Err(Close::TooLarge);
        }
        if *is_text {
            whole.extend_from_slice(&part);
        }
        if !is_last {
            return Ok(None);
        }
        let taken = self.parts.take();
        Ok(taken.map(|(is_text, whole)| match is_text {
            true => Incoming::Text(whole.freeze()),
            false => Incoming::Binary,
        }))
    }
}

fn why(error: ProtocolError) -> Close {
    match error {
        ProtocolError::Overflow => Close::TooLarge,
        _ => Close::Broken,
    }
}

#[cfg(test)]
mod tests {
    use actix_http::ws::Message;
    use tokio_util::codec::Encoder;

    use super::*;

    fn sent(messages: Vec<Message>) -> Result<Vec<Incoming>, Close> {
        let mut bytes = BytesMut::new();
        let mut client = Codec::new().client_mode();
        for message in messages {
            client.encode(message, &mut bytes).unwrap();
        }
        let mut decode = Decode::new(1_024);
        let mut all = Vec::new();
        // Byte by byte, as a bad network would have it.
        for byte in bytes {
            decode.feed(Bytes::copy_from_slice(&[byte]));
            while let Some(incoming) = decode.next()? {
                all.push(incoming);
            }
        }
        Ok(all)
    }

    #[test]
    fn parts_become_one_text_with_pings_between() {
        let messages = vec![
            Message::Continuation(Item::FirstText("{\"type\":".into())),
            Message::Ping("x".into()),
            Message::Continuation(Item::Continue("\"ping".into())),
            Message::Continuation(Item::Last("\"}".into())),
            Message::Binary("abc".into()),
            Message::Close(None),
        ];
        let expected = vec![
            Incoming::Ping("x".into()),
            Incoming::Text("{\"type\":\"ping\"}".into()),
            Incoming::Binary,
            Incoming::Close,
        ];
        assert_eq!(sent(messages), Ok(expected));
    }

    #[test]
    fn what_is_too_large_is_refused_in_one_piece_and_in_many() {
        assert!(sent(vec![Message::Text("x".repeat(1_024).into())]).is_ok());
        let large = sent(vec![Message::Text("x".repeat(1_025).into())]);
        assert_eq!(large, Err(Close::TooLarge));
        let part = || Bytes::from("x".repeat(600));
        let parts = sent(vec![
            Message::Continuation(Item::FirstText(part())),
            Message::Continuation(Item::Last(part())),
        ]);
        assert_eq!(parts, Err(Close::TooLarge));
    }

    #[test]
    fn nonsense_is_no_websocket() {
        let mut decode = Decode::new(1_024);
        decode.feed(Bytes::from_static(b"GET / HTTP/1.1\r\n\r\n"));
        assert_eq!(decode.next(), Err(Close::Broken));
    }
}
