use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

use super::*;

const LIMITS: Limits = Limits {
    most_pixels: 1_000_000,
    longest_side: 800,
};

/// Something to look at: no two corners alike, and not too easy to compress.
fn scene(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let noise = (x.wrapping_mul(0x9E37_79B9) ^ y.wrapping_mul(0x85EB_CA6B)) >> 13;
        let noise = noise.wrapping_mul(noise) % 23;
        Rgb([
            (x * 255 / width) as u8,
            (y * 255 / height) as u8,
            (noise * 11) as u8,
        ])
    })
}

fn encoded(pixels: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    pixels.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn made(bytes: &[u8]) -> Picture {
    make(bytes, "", &Source::USUAL, LIMITS).unwrap()
}

fn pixels(bytes: &[u8]) -> DynamicImage {
    image::load_from_memory(bytes).unwrap()
}

/// O-084: large pictures get smaller, and small ones don't get larger.
#[test]
fn pictures_are_made_to_fit() {
    let large = made(&encoded(scene(1_000, 500), ImageFormat::Jpeg));
    assert_eq!((large.width, large.height), (800, 400));
    assert_eq!(pixels(&large.full).width(), 800);
    let thumbnail = pixels(&large.thumbnail);
    assert_eq!((thumbnail.width(), thumbnail.height()), (400, 200));

    let small = made(&encoded(scene(30, 20), ImageFormat::Png));
    assert_eq!((small.width, small.height), (30, 20));
    assert_eq!(pixels(&small.thumbnail).width(), 30);
}

/// O-079: what each format becomes.
#[test]
fn formats_stay_unless_another_is_smaller() {
    let opaque = DynamicImage::from(scene(300, 200));
    for (came, expected) in [
        (ImageFormat::Jpeg, Format::Jpeg),
        (ImageFormat::Png, Format::Png),
        (ImageFormat::WebP, Format::Jpeg),
    ] {
        let picture = made(&encoded(opaque.clone(), came));
        assert_eq!(picture.format, expected, "{came:?}");
        assert_eq!(decoding::source(&picture.full).unwrap().becomes(), expected);
        assert_eq!(
            decoding::source(&picture.thumbnail).unwrap().becomes(),
            expected
        );
    }
    let flat = RgbImage::from_pixel(300, 200, Rgb([9, 9, 9]));
    assert_eq!(made(&encoded(flat, ImageFormat::WebP)).format, Format::Webp);
}

#[test]
fn transparency_survives() {
    let mut glass = RgbaImage::from_pixel(60, 40, Rgba([200, 10, 10, 255]));
    glass.put_pixel(5, 5, Rgba([0, 0, 0, 0]));
    for (came, expected) in [
        (ImageFormat::Png, Format::Png),
        (ImageFormat::WebP, Format::Webp),
    ] {
        let picture = made(&encoded(glass.clone(), came));
        assert_eq!(picture.format, expected);
        let kept = pixels(&picture.full).into_rgba8();
        assert_eq!(kept.get_pixel(5, 5).0[3], 0);
        assert_eq!(kept.get_pixel(6, 6).0, [200, 10, 10, 255]);
    }
}

#[test]
fn deep_and_gray_pictures_are_taken() {
    let deep: DynamicImage = DynamicImage::from(scene(40, 30)).into_rgb16().into();
    let gray: DynamicImage = DynamicImage::from(scene(40, 30)).into_luma8().into();
    for came in [deep, gray] {
        let picture = made(&encoded(came, ImageFormat::Png));
        assert_eq!((picture.width, picture.height), (40, 30));
    }
}

/// A JPEG with an EXIF block, which says how to turn it, and names a place.
fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    tiff.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    tiff.extend(b"GPS 48.1374N 11.5755E");
    let mut exif = b"Exif\0\0".to_vec();
    exif.extend(tiff);
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    let block = [&[0xFF, 0xE1], length.as_slice(), &exif].concat();
    [&jpeg[..2], &block, &jpeg[2..]].concat()
}

/// O-084: what a camera held sideways is stored upright, in all eight ways of holding it.
#[test]
fn pictures_are_turned_upright() {
    // Blue in the upper left corner, as the file has it.
    let mut held = RgbImage::from_pixel(64, 32, Rgb([255, 255, 255]));
    for (x, y) in (0..16).flat_map(|x| (0..8).map(move |y| (x, y))) {
        held.put_pixel(x, y, Rgb([0, 0, 255]));
    }
    let jpeg = encoded(held, ImageFormat::Jpeg);
    for (orientation, corner) in [
        (1, (0, 0)),
        (2, (1, 0)),
        (3, (1, 1)),
        (4, (0, 1)),
        (5, (0, 0)),
        (6, (1, 0)),
        (7, (1, 1)),
        (8, (0, 1)),
    ] {
        let picture = made(&with_orientation(&jpeg, orientation));
        let expected = if orientation < 5 { (64, 32) } else { (32, 64) };
        assert_eq!((picture.width, picture.height), expected, "{orientation}");
        let upright = pixels(&picture.full).into_rgb8();
        let at = |(right, below): (u32, u32)| {
            let x = if right == 1 { picture.width - 3 } else { 2 };
            let y = if below == 1 { picture.height - 3 } else { 2 };
            upright.get_pixel(x, y).0
        };
        assert!(at(corner)[0] < 100, "{orientation}");
        let opposite = (1 - corner.0, 1 - corner.1);
        assert!(at(opposite)[0] > 200, "{orientation}");
    }
}

/// O-197: nothing but pixels is stored.
#[test]
fn what_is_hidden_in_a_file_is_gone() {
    let jpeg = encoded(scene(64, 64), ImageFormat::Jpeg);
    let mut hiding = with_orientation(&jpeg, 1);
    hiding.extend(b"<script>alert(1)</script><?php system('id'); ?>PK\x03\x04");
    let picture = made(&hiding);
    for file in [&picture.full, &picture.thumbnail] {
        for hidden in ["GPS", "Exif", "<script", "<?php", "PK\x03\x04"] {
            let found = file
                .windows(hidden.len())
                .any(|part| part == hidden.as_bytes());
            assert!(!found, "{hidden}");
        }
    }
}

fn refusal(bytes: &[u8]) -> Refusal {
    make(bytes, "", &Source::USUAL, LIMITS).unwrap_err()
}

/// O-079, O-196: what is no picture, or another one.
#[test]
fn other_files_are_refused() {
    assert_eq!(refusal(b""), Refusal::Empty);
    for other in [
        b"hello, I am a picture".as_slice(),
        b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
        b"GIF89a\x01\0\x01\0\0\0\0;",
        b"BM\0\0\0\0",
        b"%PDF-1.7",
        b"\x7fELF",
        b"\xFF\xD8",
        b"RIFF\0\0\0\0WAVE",
    ] {
        let refused = refusal(other);
        assert!(
            matches!(refused, Refusal::OtherFormat(_) | Refusal::Damaged),
            "{other:?}"
        );
    }
}

/// Wherever a file is cut, and whichever bytes are wrong, it is refused or made clean: nothing panics.
#[test]
fn damaged_files_are_refused() {
    let whole = DynamicImage::from(scene(50, 40));
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let bytes = encoded(whole.clone(), format);
        for kept in (1..10).map(|tenths| bytes.len() * tenths / 10) {
            assert!(
                make(&bytes[..kept], "", &Source::USUAL, LIMITS).is_err(),
                "{format:?} {kept}"
            );
        }
        for at in (0..bytes.len()).step_by(7) {
            let mut wrong = bytes.clone();
            wrong[at] ^= 0x55;
            let _ = make(&wrong, "", &Source::USUAL, LIMITS);
        }
    }
}

/// The end of a thumbnail inside is not the end of the picture.
#[test]
fn a_cut_picture_with_a_whole_thumbnail_is_damaged() {
    let jpeg = encoded(scene(64, 64), ImageFormat::Jpeg);
    let block = [b"\xFF\xE1\0\x08Th\xFF\xD9\0\0".as_slice(), &jpeg[2..]].concat();
    let whole = [b"\xFF\xD8".as_slice(), &block].concat();
    made(&whole);
    assert_eq!(refusal(&whole[..whole.len() - 2]), Refusal::Damaged);
}

/// A PNG of few bytes whose header says that it is huge.
fn bomb(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = encoded(scene(1, 1), ImageFormat::Png);
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let checksum = crc(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&checksum.to_be_bytes());
    bytes
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            (sum >> 1) ^ (0xEDB8_8320 * (sum & 1))
        })
    })
}

/// O-197: the header alone decides, before anything is decoded.
#[test]
fn bombs_are_refused_by_their_header() {
    let begun = std::time::Instant::now();
    for (width, height) in [
        (50_000, 50_000),
        (1_001, 1_000),
        (20_001, 1),
        (1, 20_001),
        (u32::MAX >> 1, u32::MAX >> 1),
    ] {
        let refused = refusal(&bomb(width, height));
        let is_refused = matches!(refused, Refusal::TooManyPixels | Refusal::Damaged);
        assert!(is_refused, "{width} {height} {refused:?}");
    }
    assert_eq!(refusal(&bomb(50_000, 50_000)), Refusal::TooManyPixels);
    assert!(begun.elapsed() < std::time::Duration::from_secs(1));
}

#[test]
fn a_name_that_lies_is_refused() {
    let png = encoded(scene(8, 8), ImageFormat::Png);
    assert_eq!(
        make(&png, "a.jpg", &Source::USUAL, LIMITS),
        Err(Refusal::OtherName)
    );
    assert!(make(&png, "a.PNG", &Source::USUAL, LIMITS).is_ok());
}

/// C-123: a GIF is taken where it is wanted, and comes out as a PNG of its first picture.
#[test]
fn a_gif_becomes_a_png_where_it_is_wanted() {
    let gif = encoded(scene(60, 40), ImageFormat::Gif);
    let refused = make(&gif, "a.gif", &Source::USUAL, LIMITS).unwrap_err();
    assert_eq!(refused.to_string(), "must be a JPG, PNG or WebP picture");
    let wanted = [Source::Jpeg, Source::Png, Source::Gif];
    let picture = make(&gif, "a.gif", &wanted, LIMITS).unwrap();
    assert_eq!((picture.format, picture.width), (Format::Png, 60));
    assert_eq!(decoding::source(&picture.full), Some(Source::Png));
    let webp = encoded(scene(60, 40), ImageFormat::WebP);
    let refused = make(&webp, "", &wanted, LIMITS).unwrap_err();
    assert_eq!(refused.to_string(), "must be a JPG, PNG or GIF picture");
    for kept in (1..10).map(|tenths| gif.len() * tenths / 10) {
        assert!(make(&gif[..kept], "", &wanted, LIMITS).is_err(), "{kept}");
    }
}

/// C-152: small pictures alone are JPEGs of what the picture looks like, whatever it came as.
#[test]
fn thumbnails_alone_are_small_jpegs() {
    for came in [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::WebP,
        ImageFormat::Gif,
    ] {
        let small = thumbnail(&encoded(scene(900, 300), came), LIMITS).unwrap();
        assert_eq!(decoding::source(&small), Some(Source::Jpeg));
        let small = pixels(&small);
        assert_eq!((small.width(), small.height()), (400, 133), "{came:?}");
    }
    let glass = RgbaImage::from_pixel(60, 40, Rgba([0, 0, 0, 0]));
    let small = thumbnail(&encoded(glass, ImageFormat::Png), LIMITS).unwrap();
    assert_eq!(
        pixels(&small).into_rgb8().get_pixel(9, 9).0,
        [255, 255, 255]
    );
    let held = with_orientation(&encoded(scene(64, 32), ImageFormat::Jpeg), 6);
    assert_eq!(pixels(&thumbnail(&held, LIMITS).unwrap()).height(), 64);
    for wrong in [bomb(50_000, 50_000), b"GIF89a".to_vec(), Vec::new()] {
        assert!(thumbnail(&wrong, LIMITS).is_err());
    }
}
