//! How pictures are encoded.

/// How a picture is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP.
    Webp,
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

    /// Whether a file with that name may have this content: names without extension may have any (O-199).
    #[must_use]
    pub fn may_be_named(self, name: &str) -> bool {
        let Some((_, extension)) = name.rsplit_once('.') else {
            return true;
        };
        match extension.to_ascii_lowercase().as_str() {
            "jpeg" => self == Self::Jpeg,
            other => Self::from_extension(other) == Some(self),
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
            (Format::Jpeg, "a.jpg", true),
            (Format::Jpeg, "a.b.JPEG", true),
            (Format::Jpeg, "", true),
            (Format::Jpeg, "photo", true),
            (Format::Png, "a.png", true),
            (Format::Webp, "a.webp", true),
            (Format::Jpeg, "a.png", false),
            (Format::Png, "a.jpeg", false),
            (Format::Jpeg, "a.jpg.exe", false),
            (Format::Jpeg, "a.php", false),
            (Format::Jpeg, "a.", false),
        ] {
            assert_eq!(format.may_be_named(name), may, "{format:?} {name}");
        }
    }
}
