//! Pictures and where they are.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use oruma_blob::BlobKey;
use oruma_ids::{ImageId, UserId};
pub use oruma_picture::Format;

/// What a thumbnail's name has after the picture's id.
const THUMBNAIL: &str = "-thumbnail";

/// What a picture is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ImageFolder {
    /// Pictures of posts.
    Posts,
    /// Banners of events.
    Events,
    /// Pictures of items.
    Marketplace,
    /// Pictures of people.
    Avatars,
}

/// Which of a picture's two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Variant {
    /// The picture itself.
    Full,
    /// Its small version.
    Thumbnail,
}

/// Where a file of a picture is: `posts/<id>.jpg` or `posts/<id>-thumbnail.jpg`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ImagePath {
    /// What the picture is for.
    pub folder: ImageFolder,
    /// The picture.
    pub id: ImageId,
    /// Which of its files.
    pub variant: Variant,
    /// How it is encoded.
    pub format: Format,
}

/// The text is no path of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed path of a picture")]
pub struct MalformedPath;

/// What is kept of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredFile {
    /// How long it is.
    pub size: u64,
    /// SHA-256 of its bytes.
    pub digest: [u8; 32],
}

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The id.
    pub id: ImageId,
    /// Who uploaded it.
    pub owner: UserId,
    /// What it is for.
    pub folder: ImageFolder,
    /// How both files are encoded.
    pub format: Format,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// The picture itself.
    pub full: StoredFile,
    /// Its small version.
    pub thumbnail: StoredFile,
    /// When it was uploaded.
    pub created_at: DateTime<Utc>,
}

// === impl ImageFolder ===

impl ImageFolder {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Posts, Self::Events, Self::Marketplace, Self::Avatars];

    /// Its name in addresses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Posts => "posts",
            Self::Events => "events",
            Self::Marketplace => "marketplace",
            Self::Avatars => "avatars",
        }
    }

    /// The folder of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|folder| folder.name() == name)
    }

    /// Whether events tell what uses its pictures. Claimed pictures of the others are kept until somebody says otherwise.
    #[must_use]
    pub const fn uses_are_told(self) -> bool {
        matches!(self, Self::Posts | Self::Events | Self::Marketplace)
    }
}

// === impl ImagePath ===

impl ImagePath {
    /// Where the store keeps the file.
    ///
    /// # Errors
    /// Never: no path has what a key must not have.
    pub fn key(&self) -> Result<BlobKey, oruma_blob::InvalidKey> {
        format!("images/{self}").parse()
    }
}

impl fmt::Display for ImagePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let variant = match self.variant {
            Variant::Full => "",
            Variant::Thumbnail => THUMBNAIL,
        };
        let (folder, extension) = (self.folder.name(), self.format.extension());
        write!(f, "{folder}/{}{variant}.{extension}", self.id)
    }
}

impl FromStr for ImagePath {
    type Err = MalformedPath;

    fn from_str(text: &str) -> Result<Self, MalformedPath> {
        let read = || {
            let (folder, file) = text.split_once('/')?;
            let (name, extension) = file.split_once('.')?;
            let (id, variant) = match name.strip_suffix(THUMBNAIL) {
                Some(id) => (id, Variant::Thumbnail),
                None => (name, Variant::Full),
            };
            Some(Self {
                folder: ImageFolder::from_name(folder)?,
                id: id.parse().ok()?,
                variant,
                format: Format::from_extension(extension)?,
            })
        };
        // A file has one address: other ways to write the id are none.
        read()
            .filter(|path| path.to_string() == text)
            .ok_or(MalformedPath)
    }
}

// === impl Image ===

impl Image {
    /// Where one of its files is.
    #[must_use]
    pub const fn path(&self, variant: Variant) -> ImagePath {
        ImagePath {
            folder: self.folder,
            id: self.id,
            variant,
            format: self.format,
        }
    }

    /// One of its files.
    #[must_use]
    pub const fn file(&self, variant: Variant) -> StoredFile {
        match variant {
            Variant::Full => self.full,
            Variant::Thumbnail => self.thumbnail,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01932a6e-0000-7000-8000-0000000000a1";

    /// O-086: one address a file, and none that leads elsewhere.
    #[test]
    fn paths_survive_text_and_nothing_else_is_one() {
        for path in [
            format!("posts/{ID}.jpg"),
            format!("avatars/{ID}-thumbnail.webp"),
            format!("events/{ID}.png"),
        ] {
            let parsed: ImagePath = path.parse().unwrap();
            assert_eq!(parsed.to_string(), path);
            assert_eq!(parsed.key().unwrap().as_str(), format!("images/{path}"));
        }
        for wrong in [
            String::new(),
            format!("posts/{ID}"),
            format!("posts/{ID}.gif"),
            format!("posts/{ID}.jpeg"),
            format!("posts/{ID}.JPG"),
            format!("posts/{}.jpg", ID.to_uppercase()),
            format!("posts/{}.jpg", ID.replace('-', "")),
            format!("secrets/{ID}.jpg"),
            format!("/posts/{ID}.jpg"),
            format!("posts/../posts/{ID}.jpg"),
            format!("posts/{ID}-thumbnail-thumbnail.jpg"),
            format!("posts/{ID}.jpg\0"),
            "posts/../../etc/passwd".to_owned(),
        ] {
            assert_eq!(wrong.parse::<ImagePath>(), Err(MalformedPath), "{wrong}");
        }
    }
}
