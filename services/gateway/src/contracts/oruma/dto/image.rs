//! Pictures.

use oruma_proto::media::v1 as proto;
use serde::Serialize;
use url::Url;
use utoipa::ToSchema;

/// Where pictures are, below `PUBLIC_URL` (O-086).
const FOLDER: &str = "uploads/images/";

/// Answer of `POST /api/upload/image`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct UploadedImage {
    /// Where it is.
    #[schema(
        example = "https://api.oruma.com/uploads/images/posts/0198c0de-0000-7000-8000-000000000000.jpg"
    )]
    url: String,
    /// UUID.
    id: String,
    /// Where its small version is.
    thumbnail_url: String,
    /// In pixels.
    width: i32,
    /// In pixels.
    height: i32,
}

impl UploadedImage {
    pub(in super::super) fn new(image: proto::Image, public_url: &Url) -> Self {
        let proto::Image {
            id,
            path,
            thumbnail_path,
            owner_id: _,
            content_type: _,
            width,
            height,
            size_bytes: _,
            created_at: _,
        } = image;
        Self {
            url: url_of(public_url, &path),
            id,
            thumbnail_url: url_of(public_url, &thumbnail_path),
            width,
            height,
        }
    }
}

/// The URL of a stored picture.
pub(in super::super) fn url_of(public_url: &Url, path: &str) -> String {
    let base = public_url.as_str().trim_end_matches('/');
    format!("{base}/{FOLDER}{path}")
}

/// The path of a picture by its URL, also one without scheme and host; `None` for what is not one of ours. Whose it is, media knows.
pub(in super::super) fn path_of(public_url: &Url, url: &str) -> Option<String> {
    let base = public_url.as_str().trim_end_matches('/');
    let path = url.strip_prefix(base).unwrap_or(url);
    let path = path.strip_prefix('/')?.strip_prefix(FOLDER)?;
    Some(path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_lead_to_paths_and_back() {
        for base in ["https://api.oruma.com", "https://example.org/oruma/"] {
            let base: Url = base.parse().unwrap();
            let url = url_of(&base, "posts/1.jpg");
            assert_eq!(path_of(&base, &url), Some("posts/1.jpg".to_owned()));
            assert_eq!(
                path_of(&base, "/uploads/images/posts/1.jpg"),
                Some("posts/1.jpg".to_owned())
            );
            for foreign in [
                "https://evil.example/uploads/images/posts/1.jpg",
                "posts/1.jpg",
                "",
            ] {
                assert_eq!(path_of(&base, foreign), None, "{foreign}");
            }
        }
    }
}
