//! What people do all day, at once.

use anyhow::{Result, ensure};
use serde_json::json;

use super::posts::post_by;
use crate::asking::Asking;
use crate::effort::Effort;
use crate::figures::Figure;
use crate::lab::Lab;
use crate::wire::Ask;

/// In one round: reads of the feed, of a post, of comments, then likes, comments and one new post.
const ROUND: u64 = 25;
/// Rounds before the same requests come again.
const ROUNDS: u64 = 2_000;
/// The steady rate, in parts of what fits.
const STEADY: f64 = 0.5;

/// The mix at full speed, and at half of that.
///
/// # Errors
/// When a request fails.
pub async fn measure(lab: &Lab, effort: &Effort) -> Result<Vec<Figure>> {
    let asks: Result<Vec<Ask>> = (0..ROUND * ROUNDS).map(|number| ask(lab, number)).collect();
    let mix = Asking::new(lab.wire(), asks?);
    let _ = mix.at_full_speed(effort.workers, effort.warm_up).await;
    let (full, usage) = lab
        .metered(mix.at_full_speed(effort.workers, effort.run))
        .await;
    lab.settle().await?;
    let (steady, steady_usage) = lab
        .metered(mix.at_rate(full.rate() * STEADY, effort.run))
        .await;
    ensure!(
        full.failed + steady.failed == 0,
        "{} requests failed",
        full.failed + steady.failed
    );
    Ok(vec![
        Figure::higher("mixed requests", full.rate(), "/s")
            .cpu(usage.per(full.done.len()))
            .times(&full)
            .note("of 25: 15 feeds, 4 posts, 2 lists of comments, 2 likes, 1 comment, 1 post"),
        Figure::time("mixed requests at half of that rate, p99", steady.at(0.99))
            .cpu(steady_usage.per(steady.done.len()))
            .times(&steady),
    ])
}

fn ask(lab: &Lab, number: u64) -> Result<Ask> {
    let post = lab.post(number / ROUND * 7 + number)?;
    let path = format!("/api/posts/{post}");
    let ask = match number % ROUND {
        0..15 => Ask::get("/api/posts"),
        15..19 => Ask::get(&path),
        19..21 => Ask::get(&format!("{path}/comments")),
        21..23 => Ask::post_bytes(&format!("{path}/like"), "", bytes::Bytes::new()),
        23 => Ask::post(
            &format!("{path}/comments"),
            &json!({"content": "I join, and bring tea."}),
        ),
        _ => return post_by(lab, number),
    };
    Ok(ask.by(&lab.person(number * 13)?.token))
}
