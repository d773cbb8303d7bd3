//! Files of any kind and where they are.

use std::fmt;

use chrono::{DateTime, Utc};
use oruma_blob::{BlobKey, InvalidKey};
use oruma_ids::{FileId, UserId};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::file_name::FileName;
use super::file_type::FileType;
use super::image::{StoredFile, Variant};

/// The name of small pictures in addresses.
pub const THUMBNAIL_NAME: &str = "thumbnail.jpg";
/// What is not written as it is in a part of an address.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A file that is about to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// The id.
    pub id: FileId,
    /// Who uploads it.
    pub owner: UserId,
    /// Its name.
    pub name: FileName,
    /// When the upload began.
    pub created_at: DateTime<Utc>,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The id.
    pub id: FileId,
    /// Who uploaded it.
    pub owner: UserId,
    /// Its name.
    pub name: FileName,
    /// What it is.
    pub file_type: FileType,
    /// The file itself.
    pub full: StoredFile,
    /// Its small picture, a JPEG.
    pub thumbnail: Option<StoredFile>,
    /// When it was uploaded.
    pub created_at: DateTime<Utc>,
}

// === impl File ===

impl File {
    /// Where it is under `/files/`. The name is there for people: a file that is called as small pictures are has another one.
    #[must_use]
    pub fn path(&self) -> String {
        let other = if self.name.as_str() == THUMBNAIL_NAME {
            "_"
        } else {
            ""
        };
        let name = utf8_percent_encode(self.name.as_str(), ENCODED);
        format!("{}/{other}{name}", self.id)
    }

    /// Where its small picture is under `/files/`; empty when there is none.
    #[must_use]
    pub fn thumbnail_path(&self) -> String {
        match self.thumbnail {
            Some(_) => format!("{}/{THUMBNAIL_NAME}", self.id),
            None => String::new(),
        }
    }
}

/// Where the store keeps a file, or its small picture.
///
/// # Errors
/// Never: no id has what a key must not have.
pub fn key(id: FileId, variant: Variant) -> Result<BlobKey, InvalidKey> {
    let variant: &dyn fmt::Display = match variant {
        Variant::Full => &"",
        Variant::Thumbnail => &"-thumbnail.jpg",
    };
    format!("files/{id}{variant}").parse()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn addresses_hold_any_name() {
        let mut file = File {
            id: FileId::from_uuid(Uuid::from_u128(7)),
            owner: UserId::from_uuid(Uuid::from_u128(8)),
            name: FileName::of("Übung #1? 100%.pdf"),
            file_type: FileType::named("application/pdf"),
            full: StoredFile {
                size: 1,
                digest: [0; 32],
            },
            thumbnail: None,
            created_at: DateTime::UNIX_EPOCH,
        };
        let id = file.id;
        assert_eq!(
            file.path(),
            format!("{id}/%C3%9Cbung%20%231%3F%20100%25.pdf")
        );
        assert_eq!(file.thumbnail_path(), "");
        file.name = FileName::of("thumbnail.jpg");
        assert_eq!(file.path(), format!("{id}/_thumbnail.jpg"));
        let key = key(id, Variant::Thumbnail).unwrap();
        assert_eq!(key.as_str(), format!("files/{id}-thumbnail.jpg"));
    }
}
