//! Liking posts: a row, a counter and an event in one transaction.

use anyhow::{Result, ensure};

use super::posts::WRITERS;
use crate::asking::Asking;
use crate::effort::Effort;
use crate::figures::Figure;
use crate::lab::Lab;
use crate::wire::Ask;

/// Stands in the statement that notes a like alone.
const MARKER: &str = "post_likes";
/// More than a run gets through, so that nothing is liked twice.
const LIKES: u64 = 100_000;

/// Likes at full speed, by everybody of everything.
///
/// # Errors
/// When nothing can be liked.
pub async fn measure(lab: &Lab, effort: &Effort) -> Result<Vec<Figure>> {
    let asks: Result<Vec<Ask>> = (0..LIKES).map(|number| like(lab, number)).collect();
    let ours = Asking::new(lab.wire(), asks?);
    let _ = ours.at_full_speed(WRITERS, effort.warm_up).await;
    let (liked, usage) = lab.metered(ours.at_full_speed(WRITERS, effort.run)).await;
    ensure!(liked.failed == 0, "{} likes failed", liked.failed);
    lab.settle().await?;

    let (post, member) = (lab.post(Lab::POSTS - 1)?, lab.person(Lab::PEOPLE - 1)?);
    let ask = like_of(&post.to_string(), &member.token);
    let wire = lab.wire();
    let varied = [Lab::any_post_for(post), Lab::anybody_for(member)];
    let request = async { drop(wire.ask(&ask).await) };
    let script = lab.statements.script_of(MARKER, &varied, request).await?;
    let alone = lab.second_database().await?;
    let limit = alone.run(&script, WRITERS, effort.run).await?;
    Ok(vec![
        Figure::higher("likes", liked.rate(), "/s")
            .against("pgbench, same transaction", limit)
            .cpu(usage.per(liked.done.len()))
            .times(&liked)
            .note(format!("{WRITERS} people at once")),
    ])
}

/// Each number is another pair of a person and a post: the person changes fast, and with each round of people all get other posts.
fn like(lab: &Lab, number: u64) -> Result<Ask> {
    let post = lab.post(number + number / Lab::PEOPLE)?;
    let member = lab.person(number)?;
    Ok(like_of(&post.to_string(), &member.token))
}

fn like_of(post: &str, token: &str) -> Ask {
    Ask::post_bytes(&format!("/api/posts/{post}/like"), "", bytes::Bytes::new()).by(token)
}
