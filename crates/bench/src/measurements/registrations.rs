//! Joining: a password to hash, a person, a sign-in, a mail and an event.

use anyhow::{Result, ensure};
use oruma_e2e::Person;

use super::passwords;
use crate::effort::Effort;
use crate::figures::Figure;
use crate::lab::Lab;
use crate::load::at_full_speed;
use crate::wire::Ask;

/// More than hash at once, so that no processor waits, and fewer than the queue holds.
pub(super) const AT_ONCE: usize = 8;

/// New people at full speed, beside bcrypt alone.
///
/// # Errors
/// When nobody can join.
pub async fn measure(lab: &Lab, effort: &Effort) -> Result<Vec<Figure>> {
    let alone = passwords::alone(effort.run)?;
    let wire = lab.wire();
    let joins = at_full_speed(AT_ONCE, effort.run, move |_| {
        let wire = wire.clone();
        async move {
            let person = Person::new();
            let ask = Ask::post("/api/auth/register", &person.registration());
            wire.outcome(&ask).await
        }
    });
    let (joined, usage) = lab.metered(joins).await;
    ensure!(joined.failed == 0, "{} failed to join", joined.failed);
    ensure!(!joined.done.is_empty(), "nobody joined");
    Ok(vec![
        Figure::higher("people joining", joined.rate(), "/s")
            .against("bcrypt alone on all processors", alone)
            .cpu(usage.per(joined.done.len()))
            .times(&joined)
            .note(format!("{AT_ONCE} at once")),
    ])
}
