//! `messaging.message.sent.v1`, `messaging.message.deleted.v1`: which files messages have. Each is right whichever comes first.

use std::sync::Arc;

use async_trait::async_trait;
use oruma_broker::{Event, HandleError, Handler};
use oruma_ids::FileId;
use oruma_proto::messaging::v1 as proto;

use crate::app::App;
use crate::app::files::uses;

const SENT: &str = "messaging.message.sent.v1";
const DELETED: &str = "messaging.message.deleted.v1";

pub(super) const KINDS: [&str; 2] = [SENT, DELETED];

/// Notes which files messages have. Most have none, and cost nothing.
pub(super) struct Messages(pub(super) Arc<App>);

#[async_trait]
impl Handler for Messages {
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        match event.kind.as_str() {
            SENT => {
                let sent: proto::MessageSentV1 = event.read()?;
                let files = ids(sent.attachments.iter().map(|file| file.file_id.as_str()))?;
                if files.is_empty() {
                    return Ok(());
                }
                let message = HandleError::id(&sent.message_id)?;
                let sender = HandleError::id(&sent.sender_id)?;
                Ok(uses::message_sent(&self.0, event.id, message, sender, &files).await?)
            }
            DELETED => {
                let deleted: proto::MessageDeletedV1 = event.read()?;
                let files = ids(deleted.file_ids.iter().map(String::as_str))?;
                if files.is_empty() {
                    return Ok(());
                }
                let message = HandleError::id(&deleted.message_id)?;
                Ok(uses::message_deleted(&self.0, event.id, message, &files).await?)
            }
            // The subscription names no other.
            _ => Ok(()),
        }
    }
}

fn ids<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Vec<FileId>, HandleError> {
    texts.map(HandleError::id).collect()
}
