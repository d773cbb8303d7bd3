//! How pictures are encoded.

/// How a stored picture is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP.
    Webp,
}

/// How a picture that comes in is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP.
    Webp,
    /// GIF.
    Gif,
}

// === impl Format ===

impl Format {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Jpeg, Self::Png, Self::Webp];

    /// What names of its files end with.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
        }
    }

    /// The media type.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }

    /// The format with that extension, as its files have it.
    #[must_use]
    pub fn from_extension(extension: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|format| format.extension() == extension)
    }
}

// === impl Source ===

impl Source {
    /// What is taken unless somebody wants others.
    pub const USUAL: [Self; 3] = [Self::Jpeg, Self::Png, Self::Webp];

    /// The source with that media type.
    #[must_use]
    pub fn from_content_type(content_type: &str) -> Option<Self> {
        match content_type {
            "image/jpeg" => Some(Self::Jpeg),
            "image/png" => Some(Self::Png),
            "image/webp" => Some(Self::Webp),
            "image/gif" => Some(Self::Gif),
            _ => None,
        }
    }

    /// How it is stored, unless another format is smaller. Of what moves, the first picture is.
    #[must_use]
    pub const fn becomes(self) -> Format {
        match self {
            Self::Jpeg => Format::Jpeg,
            Self::Png | Self::Gif => Format::Png,
            Self::Webp => Format::Webp,
        }
    }

    /// Whether a file with that name may have this content: names without extension may have any (O-199).
    #[must_use]
    pub fn may_be_named(self, name: &str) -> bool {
        let Some((_, extension)) = name.rsplit_once('.') else {
            return true;
        };
        match extension.to_ascii_lowercase().as_str() {
            "jpg" | "jpeg" => self == Self::Jpeg,
            "png" => self == Self::Png,
            "webp" => self == Self::Webp,
            "gif" => self == Self::Gif,
            _ => false,
        }
    }

    /// What people call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "JPG",
            Self::Png => "PNG",
            Self::Webp => "WebP",
            Self::Gif => "GIF",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// O-199: what the name says must be true.
    #[test]
    fn names_must_not_lie() {
        for (format, name, may) in [
            (Source::Jpeg, "a.jpg", true),
            (Source::Jpeg, "a.b.JPEG", true),
            (Source::Jpeg, "", true),
            (Source::Jpeg, "photo", true),
            (Source::Png, "a.png", true),
            (Source::Webp, "a.webp", true),
            (Source::Gif, "a.gif", true),
            (Source::Gif, "a.png", false),
            (Source::Jpeg, "a.png", false),
            (Source::Png, "a.jpeg", false),
            (Source::Jpeg, "a.jpg.exe", false),
            (Source::Jpeg, "a.php", false),
            (Source::Jpeg, "a.", false),
        ] {
            assert_eq!(format.may_be_named(name), may, "{format:?} {name}");
        }
    }
}
