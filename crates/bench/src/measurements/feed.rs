//! Reading the feed.

use std::sync::Arc;

use anyhow::Result;

use crate::effort::Effort;
use crate::figures::Figure;
use crate::lab::Lab;
use crate::load::{Measured, at_full_speed};
use crate::wire::{Ask, Wire};

/// The first page of one's university.
const FEED: &str = "/api/posts";

/// The feed at full speed.
///
/// # Errors
/// When nothing can be read.
pub async fn measure(lab: &Lab, effort: &Effort) -> Result<Vec<Figure>> {
    let wire = lab.wire();
    let asks = asks(lab);
    let _ = run(&wire, &asks, effort.workers, effort.warm_up).await;
    let (read, usage) = lab
        .metered(run(&wire, &asks, effort.workers, effort.run))
        .await;
    let shares = usage.per(read.done.len());
    Ok(vec![
        Figure::higher("feed reads", read.rate(), "/s")
            .cpu(shares)
            .times(&read),
    ])
}

fn asks(lab: &Lab) -> Arc<[Ask]> {
    let people = lab.people.iter();
    people
        .map(|member| Ask::get(FEED).by(&member.token))
        .collect()
}

async fn run(
    wire: &Wire,
    asks: &Arc<[Ask]>,
    workers: usize,
    time: std::time::Duration,
) -> Measured {
    let (wire, asks) = (wire.clone(), Arc::clone(asks));
    at_full_speed(workers, time, move |number| {
        let (wire, asks) = (wire.clone(), Arc::clone(&asks));
        async move {
            let place = usize::try_from(number).unwrap_or_default() % asks.len().max(1);
            match asks.get(place) {
                Some(ask) => wire.outcome(ask).await,
                None => crate::load::Outcome::Failed,
            }
        }
    })
    .await
}
