//! From pixels to what is stored.
//!
//! JPEG stays JPEG and PNG stays PNG. WebP stays WebP where pixels are transparent; where none is, it becomes JPEG when that is
//! smaller, since the encoder only writes WebP without loss.

use image::DynamicImage;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;

use crate::{Format, Refusal};

/// Where more bytes are no longer seen.
const JPEG_QUALITY: u8 = 85;

/// The same picture without its fourth channel, if no pixel is transparent.
pub(super) fn without_needless_alpha(pixels: DynamicImage) -> DynamicImage {
    match pixels {
        DynamicImage::ImageRgba8(ref rgba) if rgba.pixels().all(|pixel| pixel.0[3] == u8::MAX) => {
            pixels.into_rgb8().into()
        }
        DynamicImage::ImageLumaA8(ref gray) if gray.pixels().all(|pixel| pixel.0[1] == u8::MAX) => {
            pixels.into_luma8().into()
        }
        other => other,
    }
}

/// The same picture as it looks on white, in a JPEG.
pub(super) fn on_white(pixels: DynamicImage) -> Result<Vec<u8>, Refusal> {
    let mut pixels = pixels.into_rgba8();
    for pixel in pixels.pixels_mut() {
        let [colours @ .., alpha] = &mut pixel.0;
        let visible = u16::from(*alpha);
        for colour in colours {
            let mixed = (u16::from(*colour) * visible + 255 * (255 - visible)) / 255;
            *colour = u8::try_from(mixed).unwrap_or(u8::MAX);
        }
        *alpha = u8::MAX;
    }
    encode_as(&DynamicImage::from(pixels).into_rgb8().into(), Format::Jpeg)
}

/// Encodes a picture that came in one format in the one that suits it.
pub(super) fn encode(pixels: &DynamicImage, came: Format) -> Result<(Format, Vec<u8>), Refusal> {
    let same = encode_as(pixels, came)?;
    if came == Format::Webp && !pixels.color().has_alpha() {
        let jpeg = encode_as(pixels, Format::Jpeg)?;
        if jpeg.len() < same.len() {
            return Ok((Format::Jpeg, jpeg));
        }
    }
    Ok((came, same))
}

/// Encodes a picture in a format.
pub(super) fn encode_as(pixels: &DynamicImage, format: Format) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    match format {
        Format::Jpeg => {
            pixels.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY))
        }
        Format::Png => pixels.write_with_encoder(PngEncoder::new(&mut bytes)),
        Format::Webp => pixels.write_with_encoder(WebPEncoder::new_lossless(&mut bytes)),
    }
    .map_err(|_| Refusal::Damaged)?;
    Ok(bytes)
}
