//! Making pictures smaller.

use fast_image_resize::Resizer;
use image::DynamicImage;

use crate::Refusal;

/// Makes a picture so small that no side is longer than that. One that is small enough stays as it is.
pub(super) fn fit(pixels: DynamicImage, longest: u32) -> Result<DynamicImage, Refusal> {
    let (width, height) = fitting(pixels.width(), pixels.height(), longest);
    if (width, height) == (pixels.width(), pixels.height()) {
        return Ok(pixels);
    }
    // The one form of pixels that the library was built for.
    let pixels = DynamicImage::from(pixels.into_rgba8());
    let mut smaller = DynamicImage::new(width, height, pixels.color());
    Resizer::new()
        .resize(&pixels, &mut smaller, None)
        .map_err(|_| Refusal::Damaged)?;
    Ok(smaller)
}

/// The size with the same proportions, and no side without a pixel.
fn fitting(width: u32, height: u32, longest: u32) -> (u32, u32) {
    let side = width.max(height);
    if side <= longest {
        return (width, height);
    }
    let scaled = |length: u32| {
        let rounded =
            (u64::from(length) * u64::from(longest) + u64::from(side) / 2) / u64::from(side);
        u32::try_from(rounded).unwrap_or(longest).max(1)
    };
    (scaled(width), scaled(height))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// O-084: proportions are kept, and nothing is ever made larger.
    #[test]
    fn pictures_fit() {
        for (size, expected) in [
            ((4_000, 3_000), (2_048, 1_536)),
            ((3_000, 4_000), (1_536, 2_048)),
            ((2_048, 2_048), (2_048, 2_048)),
            ((100, 50), (100, 50)),
            ((20_000, 1), (2_048, 1)),
            ((2_049, 2_000), (2_048, 1_999)),
        ] {
            assert_eq!(fitting(size.0, size.1, 2_048), expected);
        }
    }
}
