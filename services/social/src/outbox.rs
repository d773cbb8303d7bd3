//! The events of this service, each a versioned message of `proto/oruma/social/v1/outbox.proto`. The subject of those of posts and
//! comments is the post, so those of one post keep their order.

use chrono::{DateTime, Utc};
use oruma_broker::Event;
use oruma_engagement as engagement;
use oruma_engagement::Marked;
use oruma_ids::UserId;
use oruma_proto::social::v1 as proto;
use serde::Serialize;

use crate::app::App;
use crate::domain::comment::Comment;
use crate::domain::post::Post;
use crate::domain::report::{Report, Step};
use crate::domain::viewer::Viewer;

/// `social.post.created.v1`: somebody wrote a post.
pub fn post_created(app: &App, post: &Post) -> Event {
    let data = proto::PostCreatedV1 {
        post_id: post.id.to_string(),
        number: post.number,
        author_id: post.author.to_string(),
        university: post.university.clone(),
        content: post.body.content.clone(),
        r#type: post.body.kind.name().to_owned(),
        location: post.body.location.clone(),
        images: post.body.images.clone(),
        hashtags: post.body.hashtags.all.clone(),
        mentions: post.body.mentions.all.clone(),
        visibility: post.body.visibility.name().to_owned(),
        created_at: Some(post.created_at.into()),
    };
    event(
        app,
        "social.post.created.v1",
        post.id,
        post.created_at,
        &data,
    )
}

/// `social.post.updated.v1`: its author changed a post.
pub fn post_updated(app: &App, post: &Post) -> Event {
    let data = proto::PostUpdatedV1 {
        post_id: post.id.to_string(),
        number: post.number,
        author_id: post.author.to_string(),
        university: post.university.clone(),
        content: post.body.content.clone(),
        r#type: post.body.kind.name().to_owned(),
        location: post.body.location.clone(),
        images: post.body.images.clone(),
        hashtags: post.body.hashtags.all.clone(),
        mentions: post.body.mentions.all.clone(),
        visibility: post.body.visibility.name().to_owned(),
        updated_at: Some(post.updated_at.into()),
    };
    event(
        app,
        "social.post.updated.v1",
        post.id,
        post.updated_at,
        &data,
    )
}

/// `social.post.deleted.v1`: a post is gone, with all that hung on it.
pub fn post_deleted(app: &App, post: &Post, by: UserId, now: DateTime<Utc>) -> Event {
    let data = proto::PostDeletedV1 {
        post_id: post.id.to_string(),
        number: post.number,
        author_id: post.author.to_string(),
        deleted_by: by.to_string(),
        deleted_at: Some(now.into()),
    };
    event(app, "social.post.deleted.v1", post.id, now, &data)
}

/// `social.post.liked.v1` or `social.post.unliked.v1`.
pub fn post_liked(
    app: &App,
    post: &Post,
    viewer: &Viewer,
    liked: Marked,
    now: DateTime<Utc>,
) -> Event {
    let (post_id, author_id) = (post.id.to_string(), post.author.to_string());
    let (university, user_id) = (post.university.clone(), viewer.user.to_string());
    let visibility = post.body.visibility.name().to_owned();
    let like_count = liked.count;
    if liked.is_set {
        let data = proto::PostLikedV1 {
            post_id,
            author_id,
            university,
            user_id,
            like_count,
            liked_at: Some(now.into()),
            visibility,
        };
        event(app, "social.post.liked.v1", post.id, now, &data)
    } else {
        let data = proto::PostUnlikedV1 {
            post_id,
            author_id,
            university,
            user_id,
            like_count,
            unliked_at: Some(now.into()),
            visibility,
        };
        event(app, "social.post.unliked.v1", post.id, now, &data)
    }
}

/// `social.post.saved.v1` or `social.post.unsaved.v1`.
pub fn post_saved(
    app: &App,
    post: &Post,
    viewer: &Viewer,
    saved: Marked,
    now: DateTime<Utc>,
) -> Event {
    let (post_id, author_id) = (post.id.to_string(), post.author.to_string());
    let (university, user_id) = (post.university.clone(), viewer.user.to_string());
    let visibility = post.body.visibility.name().to_owned();
    let save_count = saved.count;
    if saved.is_set {
        let data = proto::PostSavedV1 {
            post_id,
            author_id,
            university,
            user_id,
            save_count,
            saved_at: Some(now.into()),
            visibility,
        };
        event(app, "social.post.saved.v1", post.id, now, &data)
    } else {
        let data = proto::PostUnsavedV1 {
            post_id,
            author_id,
            university,
            user_id,
            save_count,
            unsaved_at: Some(now.into()),
            visibility,
        };
        event(app, "social.post.unsaved.v1", post.id, now, &data)
    }
}

/// `social.comment.created.v1`: somebody commented on a post, or answered a comment of somebody.
pub fn comment_created(
    app: &App,
    post: &Post,
    comment: &Comment,
    author: UserId,
    answered: Option<UserId>,
    comment_count: i64,
) -> Event {
    let data = proto::CommentCreatedV1 {
        comment_id: comment.id.to_string(),
        number: comment.number,
        post_id: post.id.to_string(),
        post_author_id: post.author.to_string(),
        university: post.university.clone(),
        parent_id: text(comment.parent),
        author_id: author.to_string(),
        content: comment.content.clone(),
        comment_count,
        created_at: Some(comment.created_at.into()),
        parent_author_id: text(answered),
        visibility: post.body.visibility.name().to_owned(),
    };
    let time = comment.created_at;
    event(app, "social.comment.created.v1", post.id, time, &data)
}

/// `social.comment.deleted.v1`: a comment is gone, with its replies.
pub fn comment_deleted(
    app: &App,
    comment: &Comment,
    by: UserId,
    comment_count: i64,
    now: DateTime<Utc>,
) -> Event {
    let data = proto::CommentDeletedV1 {
        comment_id: comment.id.to_string(),
        post_id: comment.post.to_string(),
        author_id: text(comment.author),
        deleted_by: by.to_string(),
        comment_count,
        deleted_at: Some(now.into()),
    };
    event(app, "social.comment.deleted.v1", comment.post, now, &data)
}

/// `social.comment.liked.v1` or `social.comment.unliked.v1`.
pub fn comment_liked(
    app: &App,
    comment: &Comment,
    viewer: &Viewer,
    liked: Marked,
    now: DateTime<Utc>,
) -> Event {
    let (comment_id, post_id) = (comment.id.to_string(), comment.post.to_string());
    let (author_id, user_id) = (text(comment.author), viewer.user.to_string());
    let like_count = liked.count;
    if liked.is_set {
        let data = proto::CommentLikedV1 {
            comment_id,
            post_id,
            author_id,
            user_id,
            like_count,
            liked_at: Some(now.into()),
        };
        event(app, "social.comment.liked.v1", comment.post, now, &data)
    } else {
        let data = proto::CommentUnlikedV1 {
            comment_id,
            post_id,
            author_id,
            user_id,
            like_count,
            unliked_at: Some(now.into()),
        };
        event(app, "social.comment.unliked.v1", comment.post, now, &data)
    }
}

/// `social.post.reported.v1`: somebody tells moderators of a post.
pub fn post_reported(
    app: &App,
    post: &Post,
    reporter: UserId,
    report: &engagement::Report,
    now: DateTime<Utc>,
) -> Event {
    let data = proto::PostReportedV1 {
        post_id: post.id.to_string(),
        author_id: post.author.to_string(),
        reporter_id: reporter.to_string(),
        reason: report.reason.clone(),
        description: report.description.clone(),
        reported_at: Some(now.into()),
    };
    event(app, "social.post.reported.v1", post.id, now, &data)
}

/// `social.report.decided.v1`: a moderator decided on a report. Its subject is the report.
pub fn report_decided(app: &App, report: &Report, step: &Step) -> Event {
    let data = proto::ReportDecidedV1 {
        report_id: report.id.to_string(),
        subject_kind: report.subject.kind.name().to_owned(),
        subject_id: report.subject.id.to_string(),
        owner_id: report.subject.owner.to_string(),
        state: step.after.name().to_owned(),
        moderator_id: step.moderator.to_string(),
        decided_at: Some(step.at.into()),
    };
    event(app, "social.report.decided.v1", report.id, step.at, &data)
}

/// `social.user.blocked.v1` or `social.user.unblocked.v1`. Its subject is the person who blocks.
pub fn user_blocked(
    app: &App,
    blocker: UserId,
    other: UserId,
    blocked: bool,
    now: DateTime<Utc>,
) -> Event {
    let (blocker_id, blocked_id) = (blocker.to_string(), other.to_string());
    if blocked {
        let data = proto::UserBlockedV1 {
            blocker_id,
            blocked_id,
            blocked_at: Some(now.into()),
        };
        event(app, "social.user.blocked.v1", blocker, now, &data)
    } else {
        let data = proto::UserUnblockedV1 {
            blocker_id,
            blocked_id,
            unblocked_at: Some(now.into()),
        };
        event(app, "social.user.unblocked.v1", blocker, now, &data)
    }
}

fn text(id: Option<impl ToString>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}

fn event(
    app: &App,
    kind: &str,
    subject: impl ToString,
    time: DateTime<Utc>,
    data: &impl Serialize,
) -> Event {
    let id = app.random.id(time);
    Event::new(id, kind, "/oruma/social", subject.to_string(), time, data)
}
