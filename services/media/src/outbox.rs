//! The events of this service, each a versioned message of `proto/oruma/media/v1/outbox.proto`.

use chrono::{DateTime, Utc};
use oruma_broker::Event;
use oruma_proto::media::v1 as proto;
use serde::Serialize;

use crate::app::App;
use crate::domain::file::File;
use crate::domain::image::{Image, Variant};

/// Why a picture or a file was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// Nothing ever used it.
    Orphaned,
    /// Its owner took it back.
    Discarded,
    /// Its owner removed it, whatever used it.
    Deleted,
    /// The message that it belonged to was removed.
    MessageDeleted,
    /// What used it is gone.
    Unused,
    /// Its owner's account ended.
    OwnerDeleted,
}

impl Removal {
    const fn name(self) -> &'static str {
        match self {
            Self::Orphaned => "orphaned",
            Self::Discarded => "discarded",
            Self::Deleted => "deleted",
            Self::MessageDeleted => "message_deleted",
            Self::Unused => "unused",
            Self::OwnerDeleted => "owner_deleted",
        }
    }
}

/// `media.image.uploaded.v1`: a picture was taken in.
pub fn image_uploaded(app: &App, image: &Image) -> Event {
    let data = proto::ImageUploadedV1 {
        image_id: image.id.to_string(),
        path: image.path(Variant::Full).to_string(),
        owner_id: image.owner.to_string(),
        content_type: image.format.content_type().to_owned(),
        width: i32::try_from(image.width).unwrap_or(i32::MAX),
        height: i32::try_from(image.height).unwrap_or(i32::MAX),
        size_bytes: i64::try_from(image.full.size).unwrap_or(i64::MAX),
        uploaded_at: Some(image.created_at.into()),
    };
    let time = image.created_at;
    let subject = data.image_id.clone();
    event(app, "media.image.uploaded.v1", subject, time, &data)
}

/// `media.image.deleted.v1`: a picture is gone.
pub fn image_deleted(app: &App, image: &Image, reason: Removal, now: DateTime<Utc>) -> Event {
    let data = proto::ImageDeletedV1 {
        image_id: image.id.to_string(),
        path: image.path(Variant::Full).to_string(),
        owner_id: image.owner.to_string(),
        reason: reason.name().to_owned(),
        deleted_at: Some(now.into()),
    };
    let subject = data.image_id.clone();
    event(app, "media.image.deleted.v1", subject, now, &data)
}

/// `media.file.uploaded.v1`: a file was taken in.
pub fn file_uploaded(app: &App, file: &File) -> Event {
    let data = proto::FileUploadedV1 {
        file_id: file.id.to_string(),
        owner_id: file.owner.to_string(),
        content_type: file.file_type.name().to_owned(),
        size_bytes: i64::try_from(file.full.size).unwrap_or(i64::MAX),
        uploaded_at: Some(file.created_at.into()),
    };
    let subject = data.file_id.clone();
    event(
        app,
        "media.file.uploaded.v1",
        subject,
        file.created_at,
        &data,
    )
}

/// `media.file.deleted.v1`: a file is gone.
pub fn file_deleted(app: &App, file: &File, reason: Removal, now: DateTime<Utc>) -> Event {
    let data = proto::FileDeletedV1 {
        file_id: file.id.to_string(),
        owner_id: file.owner.to_string(),
        reason: reason.name().to_owned(),
        deleted_at: Some(now.into()),
    };
    let subject = data.file_id.clone();
    event(app, "media.file.deleted.v1", subject, now, &data)
}

fn event(
    app: &App,
    kind: &str,
    subject: String,
    time: DateTime<Utc>,
    data: &impl Serialize,
) -> Event {
    Event::new(
        app.random.id(time),
        kind,
        "/oruma/media",
        subject,
        time,
        data,
    )
}
