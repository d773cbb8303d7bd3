#![doc = include_str!("../README.md")]

mod decoding;
mod encoding;
mod format;
mod sizing;

pub use format::{Format, Source};

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
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It has no bytes.
    #[error("must not be empty")]
    Empty,
    /// It is something else.
    #[error("must be a {0} picture")]
    OtherFormat(String),
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

/// Everything that is done to a picture, in its order, if it came as one of `sources`. Nothing of the file but its pixels gets into what is stored.
///
/// A decoder may panic: call it where that does no harm.
///
/// # Errors
/// [`Refusal`].
pub fn make(
    bytes: &[u8],
    name: &str,
    sources: &[Source],
    limits: Limits,
) -> Result<Picture, Refusal> {
    let source = source_of(bytes, sources)?;
    if !source.may_be_named(name) {
        return Err(Refusal::OtherName);
    }
    let decoded = decoding::decode(bytes, source, limits.most_pixels)?;
    let full = sizing::fit(decoded.pixels, limits.longest_side)?;
    let mut full = encoding::without_needless_alpha(full);
    full.apply_orientation(decoded.orientation);
    let thumbnail = sizing::fit(full.clone(), THUMBNAIL_SIDE)?;
    let thumbnail = encoding::without_needless_alpha(thumbnail);
    let (format, encoded) = encoding::encode(&full, source.becomes())?;
    Ok(Picture {
        format,
        width: full.width(),
        height: full.height(),
        full: encoded,
        thumbnail: encoding::encode_as(&thumbnail, format)?,
    })
}

/// A small version of a picture alone, as a JPEG: upright, and on white where it is transparent.
///
/// A decoder may panic: call it where that does no harm.
///
/// # Errors
/// [`Refusal`].
pub fn thumbnail(bytes: &[u8], limits: Limits) -> Result<Vec<u8>, Refusal> {
    let all = [Source::Jpeg, Source::Png, Source::Webp, Source::Gif];
    let decoded = decoding::decode(bytes, source_of(bytes, &all)?, limits.most_pixels)?;
    let mut small = sizing::fit(decoded.pixels, THUMBNAIL_SIDE)?;
    small.apply_orientation(decoded.orientation);
    encoding::on_white(small)
}

fn source_of(bytes: &[u8], sources: &[Source]) -> Result<Source, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::Empty);
    }
    let source = decoding::source(bytes).filter(|source| sources.contains(source));
    source.ok_or_else(|| Refusal::OtherFormat(list(sources)))
}

/// The names in a sentence: `JPG, PNG or WebP`.
fn list(sources: &[Source]) -> String {
    let names: Vec<&str> = sources.iter().map(|source| source.name()).collect();
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests;
