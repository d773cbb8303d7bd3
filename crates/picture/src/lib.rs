#![doc = include_str!("../README.md")]

mod decoding;
mod encoding;
mod format;
mod sizing;

pub use format::Format;

/// The longest side of a thumbnail.
pub const THUMBNAIL_SIDE: u32 = 400;

/// What is taken, and what it becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How many pixels a picture may have.
    pub most_pixels: u64,
    /// Pictures are made so small that no side is longer.
    pub longest_side: u32,
}

/// A picture that is ready to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// How both files are encoded.
    pub format: Format,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// The picture itself.
    pub full: Vec<u8>,
    /// Its small version.
    pub thumbnail: Vec<u8>,
}

/// Why a file is no picture that is taken: the end of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It has no bytes.
    #[error("must not be empty")]
    Empty,
    /// It is something else.
    #[error("must be a JPG, PNG or WebP picture")]
    OtherFormat,
    /// Its extension is that of something else.
    #[error("has a name that says another format than its content")]
    OtherName,
    /// Its header promises too many pixels.
    #[error("must not have more pixels than are taken")]
    TooManyPixels,
    /// It can't be decoded.
    #[error("is damaged")]
    Damaged,
}

/// Everything that is done to a picture, in its order. Nothing of the file but its pixels gets into what is stored.
///
/// A decoder may panic: call it where that does no harm.
///
/// # Errors
/// [`Refusal`].
pub fn make(bytes: &[u8], name: &str, limits: Limits) -> Result<Picture, Refusal> {
    let format = decoding::format(bytes)?;
    if !format.may_be_named(name) {
        return Err(Refusal::OtherName);
    }
    let decoded = decoding::decode(bytes, format, limits.most_pixels)?;
    let full = sizing::fit(decoded.pixels, limits.longest_side)?;
    let mut full = encoding::without_needless_alpha(full);
    full.apply_orientation(decoded.orientation);
    let thumbnail = sizing::fit(full.clone(), THUMBNAIL_SIDE)?;
    let thumbnail = encoding::without_needless_alpha(thumbnail);
    let (format, encoded) = encoding::encode(&full, format)?;
    Ok(Picture {
        format,
        width: full.width(),
        height: full.height(),
        full: encoded,
        thumbnail: encoding::encode_as(&thumbnail, format)?,
    })
}

#[cfg(test)]
mod tests;
