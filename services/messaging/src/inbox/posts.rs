//! `social.post.liked.v1`, `social.comment.created.v1`, `social.comment.liked.v1`: what others make of what one wrote. What is about one's post is
//! told of the post, what is about one's comment of the comment. A like that is taken back leaves its notification.

use std::sync::Arc;

use async_trait::async_trait;
use oruma_broker::{Event, HandleError, Handler};
use oruma_ids::UserId;
use oruma_proto::social::v1 as proto;

use crate::app::{App, notifications};
use crate::domain::notification::{News, NotificationKind, Subject, excerpt};

const POST_LIKED: &str = "social.post.liked.v1";
const COMMENTED: &str = "social.comment.created.v1";
const COMMENT_LIKED: &str = "social.comment.liked.v1";

pub(super) const KINDS: [&str; 3] = [POST_LIKED, COMMENTED, COMMENT_LIKED];

pub(super) struct Posts(pub(super) Arc<App>);

#[async_trait]
impl Handler for Posts {
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        let news = match event.kind.as_str() {
            POST_LIKED => of_post_like(event)?,
            COMMENTED => of_comment(event)?,
            COMMENT_LIKED => of_comment_like(event)?,
            // The subscription names no other.
            _ => return Ok(()),
        };
        let inbox = &self.0.inboxes.posts;
        notifications::tell(&self.0, inbox, event.id, &news).await?;
        Ok(())
    }
}

fn of_post_like(event: &Event) -> Result<Vec<(News, UserId)>, HandleError> {
    let fact: proto::PostLikedV1 = event.read()?;
    let news = News {
        event: event.id,
        kind: NotificationKind::PostLike,
        actor: HandleError::id(&fact.user_id)?,
        subject: Subject::Post(HandleError::id(&fact.post_id)?),
        message: None,
        excerpt: String::new(),
        at: event.time,
    };
    Ok(vec![(news, HandleError::id(&fact.author_id)?)])
}

/// Whoever is answered is told of that, and the author of the post of the comment, unless that is the same person.
fn of_comment(event: &Event) -> Result<Vec<(News, UserId)>, HandleError> {
    let fact: proto::CommentCreatedV1 = event.read()?;
    let comment = News {
        event: event.id,
        kind: NotificationKind::Comment,
        actor: HandleError::id(&fact.author_id)?,
        subject: Subject::Post(HandleError::id(&fact.post_id)?),
        message: None,
        excerpt: excerpt(&fact.content),
        at: event.time,
    };
    let mut news = Vec::new();
    let answered =
        HandleError::maybe_id(&fact.parent_author_id)?.zip(HandleError::maybe_id(&fact.parent_id)?);
    if let Some((author, parent)) = answered {
        let reply = News {
            kind: NotificationKind::Reply,
            subject: Subject::Comment(parent),
            ..comment.clone()
        };
        news.push((reply, author));
    }
    news.push((comment, HandleError::id(&fact.post_author_id)?));
    Ok(news)
}

fn of_comment_like(event: &Event) -> Result<Vec<(News, UserId)>, HandleError> {
    let fact: proto::CommentLikedV1 = event.read()?;
    // Nobody is left to be told of a comment whose author is gone.
    let Some(author) = HandleError::maybe_id(&fact.author_id)? else {
        return Ok(Vec::new());
    };
    let news = News {
        event: event.id,
        kind: NotificationKind::CommentLike,
        actor: HandleError::id(&fact.user_id)?,
        subject: Subject::Comment(HandleError::id(&fact.comment_id)?),
        message: None,
        excerpt: String::new(),
        at: event.time,
    };
    Ok(vec![(news, author)])
}
