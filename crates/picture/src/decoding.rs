//! From bytes of strangers to pixels.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader};

use crate::{Refusal, Source};

/// No side may be longer, whatever the other one is.
const LONGEST_SIDE: u32 = 20_000;
/// What one pixel may take while it is decoded: deeper pictures may have fewer pixels.
const BYTES_PER_PIXEL: u64 = 4;

/// Pixels, and how they have to be turned.
pub(super) struct Decoded {
    pub(super) pixels: DynamicImage,
    pub(super) orientation: Orientation,
}

/// What the content is, whatever its name says; `None` for what is no picture.
pub(super) fn source(bytes: &[u8]) -> Option<Source> {
    match image::guess_format(bytes) {
        Ok(ImageFormat::Jpeg) => Some(Source::Jpeg),
        Ok(ImageFormat::Png) => Some(Source::Png),
        Ok(ImageFormat::WebP) => Some(Source::Webp),
        Ok(ImageFormat::Gif) => Some(Source::Gif),
        _ => None,
    }
}

/// Decodes the first picture of the file, once its header promises no more than is taken.
pub(super) fn decode(bytes: &[u8], source: Source, most_pixels: u64) -> Result<Decoded, Refusal> {
    if source == Source::Jpeg && !is_whole_jpeg(bytes) {
        return Err(Refusal::Damaged);
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), in_library(source));
    reader.limits(limits(most_pixels));
    let mut decoder = reader.into_decoder().map_err(refused)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > most_pixels
        || width.max(height) > LONGEST_SIDE
        || decoder.total_bytes() > most_pixels * BYTES_PER_PIXEL
    {
        return Err(Refusal::TooManyPixels);
    }
    // A picture whose metadata make no sense is upright.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let pixels = DynamicImage::from_decoder(decoder).map_err(refused)?;
    Ok(Decoded {
        pixels: in_eight_bits(pixels),
        orientation,
    })
}

const fn in_library(source: Source) -> ImageFormat {
    match source {
        Source::Jpeg => ImageFormat::Jpeg,
        Source::Png => ImageFormat::Png,
        Source::Webp => ImageFormat::WebP,
        Source::Gif => ImageFormat::Gif,
    }
}

fn limits(most_pixels: u64) -> image::Limits {
    let mut limits = image::Limits::no_limits();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    // The pixels, and as much again for what a decoder needs beside them.
    limits.max_alloc = Some(2 * most_pixels * BYTES_PER_PIXEL);
    limits
}

fn refused(error: image::ImageError) -> Refusal {
    match error {
        image::ImageError::Limits(_) => Refusal::TooManyPixels,
        _ => Refusal::Damaged,
    }
}

/// What is shown on screens has eight bits a colour.
fn in_eight_bits(pixels: DynamicImage) -> DynamicImage {
    match pixels {
        DynamicImage::ImageLuma8(_)
        | DynamicImage::ImageLumaA8(_)
        | DynamicImage::ImageRgb8(_)
        | DynamicImage::ImageRgba8(_) => pixels,
        DynamicImage::ImageLuma16(_) => pixels.into_luma8().into(),
        DynamicImage::ImageLumaA16(_) => pixels.into_luma_alpha8().into(),
        other if other.color().has_alpha() => other.into_rgba8().into(),
        other => other.into_rgb8().into(),
    }
}

/// Whether a JPEG has its end. The decoder would make grey of what is missing.
fn is_whole_jpeg(bytes: &[u8]) -> bool {
    pixels_of_jpeg(bytes).is_some_and(|pixels| pixels.windows(2).any(|pair| pair == [0xFF, 0xD9]))
}

/// What follows the first header of a scan. In what comes before, a thumbnail may have an end of its own.
fn pixels_of_jpeg(bytes: &[u8]) -> Option<&[u8]> {
    let mut rest = bytes.strip_prefix(&[0xFF, 0xD8])?;
    loop {
        match rest {
            // Markers may be padded.
            [0xFF, 0xFF, ..] => rest = rest.get(1..)?,
            [0xFF, 0xDA, ..] => return rest.get(2..),
            [0xFF, _, high, low, ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                rest = rest.get(2 + length..)?;
            }
            _ => return None,
        }
    }
}
