//! What a search finds.

use askama::filters::{Html, escape};
use oruma_proto::messaging::v1 as proto;
use serde::Serialize;
use url::Url;
use utoipa::ToSchema;

use super::message::Message;
use super::user::unless_empty;
use crate::faces::Faces;

/// Before a word that was looked for: private use, which no text has.
const BEGIN: char = '\u{e000}';
/// Behind it.
const END: char = '\u{e001}';

/// A message that was found (C-033).
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct Hit {
    #[serde(flatten)]
    message: Message,
    /// Where it was said.
    channel: Place,
    /// The part of the text with the words, as HTML: each word in `<mark>`, all else escaped.
    #[schema(example = "the <mark>plan</mark> for a &amp; b")]
    highlight: String,
}

/// Where something was said.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct Place {
    /// UUID.
    id: String,
    /// The name of the channel; null for a direct conversation.
    #[schema(required)]
    name: Option<String>,
}

/// Answer of `GET /api/chat/search`.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct Hits {
    /// The best first.
    pub(in super::super) messages: Vec<Hit>,
    /// How many there are, counted up to 10,000.
    pub(in super::super) total: i64,
}

impl Hit {
    /// A message that was found; none when the service left it out, which it does not.
    pub(in super::super) fn new(
        hit: proto::MessageHit,
        faces: &Faces,
        public_url: &Url,
    ) -> Option<Self> {
        let proto::MessageHit {
            message,
            conversation_name,
            highlight,
        } = hit;
        let message = message?;
        Some(Self {
            channel: Place {
                id: message.conversation_id.clone(),
                name: unless_empty(conversation_name),
            },
            message: Message::new(message, faces, public_url),
            highlight: marked(&highlight),
        })
    }
}

fn marked(text: &str) -> String {
    let Ok(escaped) = escape(text, Html);
    let escaped = escaped.to_string();
    escaped.replace(BEGIN, "<mark>").replace(END, "</mark>")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// C-151: what people wrote is text, and only the marks are HTML.
    #[test]
    fn a_highlight_is_escaped_before_it_is_marked() {
        let text = "<mark>\u{e000}plan\u{e001}</mark> & \"b\"";
        let marked = marked(text);
        assert!(marked.contains("<mark>plan</mark>"), "{marked}");
        assert_eq!(marked.matches("<mark>").count(), 1, "{marked}");
        assert!(!marked.contains("& "), "{marked}");
    }
}
