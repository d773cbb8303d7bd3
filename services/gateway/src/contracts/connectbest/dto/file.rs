//! Files.

use oruma_proto::media::v1 as proto;
use serde::Serialize;
use url::Url;
use utoipa::ToSchema;

use crate::times::iso;

/// Where files are, below `PUBLIC_URL`.
const FOLDER: &str = "connectbest/files/";
/// Where pictures of people are, below `PUBLIC_URL`.
const PICTURES: &str = "uploads/images/";

/// Answer of `POST /api/users/avatar`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Avatar {
    /// Where the picture is.
    #[schema(
        example = "https://api.oruma.com/uploads/images/avatars/0198c0de-0000-7000-8000-000000000000.png"
    )]
    pub(in super::super) avatar_url: String,
}

/// Answer of `POST /api/upload`.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct UploadedFiles {
    /// In the order in which they were sent.
    pub(in super::super) attachments: Vec<UploadedFile>,
}

/// A file that was taken in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct UploadedFile {
    /// UUID.
    id: String,
    /// As its owner called it.
    name: String,
    /// Where it is, open to all who know.
    url: String,
    /// Where its small picture is.
    #[schema(required)]
    thumbnail_url: Option<String>,
    /// In bytes.
    size: i64,
    /// Its MIME type, by its content.
    #[serde(rename = "type")]
    content_type: String,
    /// ISO 8601.
    uploaded_at: String,
}

impl UploadedFile {
    pub(in super::super) fn new(file: proto::File, public_url: &Url) -> Self {
        let proto::File {
            id,
            name,
            path,
            thumbnail_path,
            owner_id: _,
            content_type,
            size_bytes,
            created_at,
        } = file;
        Self {
            id,
            name,
            url: file_url(public_url, &path),
            thumbnail_url: Some(thumbnail_path)
                .filter(|path| !path.is_empty())
                .map(|path| file_url(public_url, &path)),
            size: size_bytes,
            content_type,
            uploaded_at: iso(created_at),
        }
    }
}

/// The URL of a stored file, by its path below `/files/`.
pub(in super::super) fn file_url(public_url: &Url, path: &str) -> String {
    below(public_url, FOLDER, path)
}

/// The URL of a stored picture, by its path below `/uploads/images/`.
pub(in super::super) fn picture_url(public_url: &Url, path: &str) -> String {
    below(public_url, PICTURES, path)
}

/// The path of a stored picture, by its URL; `None` for a picture that is elsewhere.
pub(in super::super) fn picture_path(public_url: &Url, url: &str) -> Option<String> {
    let base = below(public_url, PICTURES, "");
    url.strip_prefix(&base).map(str::to_owned)
}

fn below(public_url: &Url, folder: &str, path: &str) -> String {
    let base = public_url.as_str().trim_end_matches('/');
    format!("{base}/{folder}{path}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// C-123.
    #[test]
    fn addresses_of_pictures_lead_back() {
        let base: Url = "https://example.org".parse().unwrap();
        let url = picture_url(&base, "avatars/1.png");
        assert_eq!(url, "https://example.org/uploads/images/avatars/1.png");
        assert_eq!(picture_path(&base, &url), Some("avatars/1.png".to_owned()));
        assert_eq!(picture_path(&base, "https://elsewhere.example/1.png"), None);
    }

    /// C-034.
    #[test]
    fn files_have_absolute_addresses() {
        let base: Url = "https://example.org/oruma/".parse().unwrap();
        let file = proto::File {
            id: "1".to_owned(),
            name: "a b.pdf".to_owned(),
            path: "1/a%20b.pdf".to_owned(),
            content_type: "application/pdf".to_owned(),
            size_bytes: 7,
            ..proto::File::default()
        };
        let shown = serde_json::to_value(UploadedFile::new(file, &base)).unwrap();
        let expected = json!({
            "id": "1", "name": "a b.pdf", "url": "https://example.org/oruma/connectbest/files/1/a%20b.pdf", "thumbnailUrl": null,
            "size": 7, "type": "application/pdf", "uploadedAt": "1970-01-01T00:00:00.000Z",
        });
        assert_eq!(shown, expected);
    }
}
