//! `social.post.created.v1`, `social.post.updated.v1`, `social.post.deleted.v1`: which pictures posts use. The facts about one post come
//! in their order, and each says all that the post uses then.

use std::sync::Arc;

use async_trait::async_trait;
use oruma_broker::{Event, HandleError, Handler};
use oruma_proto::social::v1 as proto;
use uuid::Uuid;

use crate::app::App;
use crate::app::uses::{self, Uses};

const CREATED: &str = "social.post.created.v1";
const UPDATED: &str = "social.post.updated.v1";
const DELETED: &str = "social.post.deleted.v1";

pub(super) const KINDS: [&str; 3] = [CREATED, UPDATED, DELETED];

/// Notes which pictures posts use.
pub(super) struct Posts(pub(super) Arc<App>);

#[async_trait]
impl Handler for Posts {
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        let uses = match event.kind.as_str() {
            CREATED => {
                let post: proto::PostCreatedV1 = event.read()?;
                of_post(&post.post_id, &post.author_id, post.images)?
            }
            UPDATED => {
                let post: proto::PostUpdatedV1 = event.read()?;
                of_post(&post.post_id, &post.author_id, post.images)?
            }
            DELETED => {
                let post: proto::PostDeletedV1 = event.read()?;
                of_post(&post.post_id, &post.author_id, Vec::new())?
            }
            // The subscription names no other.
            _ => return Ok(()),
        };
        Ok(uses::note(&self.0, &self.0.post_inbox, event.id, &uses).await?)
    }
}

fn of_post(post: &str, author: &str, paths: Vec<String>) -> Result<Uses, HandleError> {
    let post: Uuid = HandleError::id(post)?;
    Ok(Uses {
        used_by: format!("social.post/{post}"),
        owner: HandleError::id(author)?,
        paths,
    })
}
