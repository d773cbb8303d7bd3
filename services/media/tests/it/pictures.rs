//! Files to upload.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

/// A picture without two like rows, in a format.
pub(crate) fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let pixels = RgbImage::from_fn(width, height, |x, y| {
        Rgb([(x % 256) as u8, (y % 256) as u8, ((x * y) % 256) as u8])
    });
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(pixels)
        .write_to(&mut bytes, format)
        .unwrap();
    bytes.into_inner()
}

/// A JPEG of 60 × 40 pixels.
pub(crate) fn jpeg() -> Vec<u8> {
    picture(60, 40, ImageFormat::Jpeg)
}

/// A PNG of 60 × 40 pixels.
pub(crate) fn png() -> Vec<u8> {
    picture(60, 40, ImageFormat::Png)
}

/// A JPEG of a camera that was held sideways, with the place where it was.
pub(crate) fn sideways() -> Vec<u8> {
    let jpeg = jpeg();
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([6, 0, 0, 0, 0, 0, 0, 0]);
    exif.extend(b"GPS 48.1374N 11.5755E");
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    let block = [&[0xFF, 0xE1], length.as_slice(), &exif].concat();
    [&jpeg[..2], &block, &jpeg[2..]].concat()
}

/// A PNG of 67 bytes whose header promises 50,000 × 50,000 pixels.
pub(crate) fn bomb() -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xC3\x50\0\0\xC3\x50\x01\0\0\0\0".to_vec();
    let checksum = checksum(&bytes[12..29]);
    bytes.extend(checksum.to_be_bytes());
    bytes.extend(b"\0\0\0\x0aIDAT\x78\x9c\x63\0\0\0\x01\0\x01");
    bytes
}

fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0xEDB8_8320 * (sum & 1))
        })
    })
}
