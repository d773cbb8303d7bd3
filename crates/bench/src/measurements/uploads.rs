//! Sending pictures.

use std::io::Cursor;
use std::time::Duration;

use anyhow::{Result, ensure};
use bytes::Bytes;
use image::{ImageFormat, Rgb, RgbImage};
use oruma_picture::{Limits, Source};

use crate::asking::Asking;
use crate::effort::Effort;
use crate::figures::Figure;
use crate::lab::Lab;
use crate::load::on_all_processors;
use crate::wire::Ask;

/// As a telephone sends it after its own first reduction.
const SIZE: (u32, u32) = (1_600, 1_200);
/// As media has it.
const LIMITS: Limits = Limits {
    most_pixels: 50_000_000,
    longest_side: 2_048,
};
/// More than there are processors, and fewer than the queue holds.
const SENDERS: usize = 4;
const BOUNDARY: &str = "oruma-bench-boundary";

/// Pictures at full speed, beside the work on them alone.
///
/// # Errors
/// When a picture is refused.
pub async fn measure(lab: &Lab, effort: &Effort) -> Result<Vec<Figure>> {
    let picture = picture()?;
    let alone = alone(&picture, effort.run)?;
    let asks = lab
        .people
        .iter()
        .map(|member| upload(&picture).by(&member.token));
    let sending = Asking::new(lab.wire(), asks);
    let _ = sending.at_full_speed(SENDERS, effort.warm_up).await;
    let (sent, usage) = lab
        .metered(sending.at_full_speed(SENDERS, effort.run))
        .await;
    ensure!(sent.failed == 0, "{} uploads failed", sent.failed);
    Ok(vec![
        Figure::higher("pictures sent", sent.rate(), "/s")
            .against("decoding, resizing and encoding alone", alone)
            .cpu(usage.per(sent.done.len()))
            .times(&sent)
            .note(format!(
                "{}×{} pixels, {} bytes, {SENDERS} at once",
                SIZE.0,
                SIZE.1,
                picture.len()
            )),
    ])
}

/// Soft shapes with some grain, which takes as long as a photograph.
fn picture() -> Result<Bytes> {
    let pixels = RgbImage::from_fn(SIZE.0, SIZE.1, |x, y| {
        let grain = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)) >> 13;
        let wave = |number: u32, length: u32| number % length * 255 / length;
        let channel = |value: u32| u8::try_from((value + grain % 24).min(255)).unwrap_or(u8::MAX);
        Rgb([
            channel(wave(x, 700)),
            channel(wave(y, 500)),
            channel(wave(x + y, 900)),
        ])
    });
    let mut encoded = Cursor::new(Vec::new());
    pixels.write_to(&mut encoded, ImageFormat::Jpeg)?;
    Ok(encoded.into_inner().into())
}

fn upload(picture: &Bytes) -> Ask {
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\npost\r\n--{BOUNDARY}\r\n\
         Content-Disposition: form-data; name=\"image\"; filename=\"sea.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n"
    );
    let body = [
        head.as_bytes(),
        picture,
        format!("\r\n--{BOUNDARY}--\r\n").as_bytes(),
    ]
    .concat();
    Ask::post_bytes(
        "/api/upload/image",
        "multipart/form-data; boundary=oruma-bench-boundary",
        body.into(),
    )
}

/// How many pictures a second are made ready on all processors with nothing else to do.
fn alone(picture: &Bytes, time: Duration) -> Result<f64> {
    let make = || oruma_picture::make(picture, "sea.jpg", &[Source::Jpeg], LIMITS).is_ok();
    let made = on_all_processors(time, make);
    ensure!(made > 0.0, "the picture is none");
    Ok(made)
}
