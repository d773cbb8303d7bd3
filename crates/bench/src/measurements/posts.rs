//! Writing posts, each with its event.

use anyhow::{Result, ensure};
use serde_json::json;

use crate::asking::Asking;
use crate::effort::Effort;
use crate::figures::Figure;
use crate::lab::Lab;
use crate::wire::Ask;

const POSTS: &str = "/api/posts";
/// Stands in the statement that writes a post alone.
const MARKER: &str = "INSERT INTO social.posts";
/// As many as a service has connections: PostgreSQL commits them in groups.
pub(super) const WRITERS: usize = 20;

/// Posts at full speed, beside the statements of their transactions alone.
///
/// # Errors
/// When nothing can be written.
pub async fn measure(lab: &Lab, effort: &Effort) -> Result<Vec<Figure>> {
    let one = post_by(lab, 0)?;
    let wire = lab.wire();
    let varied = [Lab::anybody_for(lab.person(0)?)];
    let request = async { drop(wire.ask(&one).await) };
    let script = lab.statements.script_of(MARKER, &varied, request).await?;

    let ours = writes(lab)?;
    let _ = ours.at_full_speed(WRITERS, effort.warm_up).await;
    let (written, usage) = lab.metered(ours.at_full_speed(WRITERS, effort.run)).await;
    ensure!(written.failed == 0, "{} posts failed", written.failed);
    lab.settle().await?;

    let alone = lab.second_database().await?;
    let alone = alone.run(&script, WRITERS, effort.run).await?;
    Ok(vec![
        Figure::higher("posts written", written.rate(), "/s")
            .against("pgbench, same transaction", alone)
            .wanted_ratio(0.5)
            .cpu(usage.per(written.done.len()))
            .times(&written)
            .note(format!(
                "{WRITERS} writers at once; beside each post its event goes to RabbitMQ and from there to three services and both gateways"
            )),
    ])
}

/// A post by everybody in turn.
fn writes(lab: &Lab) -> Result<Asking> {
    let people = u64::try_from(lab.people.len())?;
    let asks: Result<Vec<Ask>> = (0..people).map(|number| post_by(lab, number)).collect();
    Ok(Asking::new(lab.wire(), asks?))
}

pub(super) fn post_by(lab: &Lab, number: u64) -> Result<Ask> {
    let body = json!({
        "content": format!("Who joins the study group on #compilers at {} tomorrow? There is tea.", number % 12),
        "type": "study",
        "location": "Library",
    });
    Ok(Ask::post(POSTS, &body).by(&lab.person(number)?.token))
}
