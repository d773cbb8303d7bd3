//! The files of messages.

use uuid::Uuid;

/// Files of one message at the most.
pub const MOST_FILES: usize = 10;

/// A file of a message, as media described it when the message was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The file.
    pub file: Uuid,
    /// Its name, as its owner gave it.
    pub name: String,
    /// Where it is under `/files/`.
    pub path: String,
    /// Where its small picture is under `/files/`; empty when there is none.
    pub thumbnail_path: String,
    /// Its MIME type, by its content.
    pub content_type: String,
    /// In bytes.
    pub size_bytes: i64,
}
