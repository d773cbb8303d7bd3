//! People who do all kinds of things, all the time, and repeat what was not answered as a good client does.

mod hand;
mod work;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::ledger::{Ledger, WORK};
use crate::town::Town;
use hand::Hand;

/// What somebody does between two things.
const BREATH: Duration = Duration::from_millis(700);

/// The load, until it ends.
pub(crate) struct Load {
    over: watch::Sender<bool>,
    people: JoinSet<()>,
}

impl Load {
    /// Begins.
    pub(crate) fn over(town: &Arc<Town>, ledger: &Arc<Ledger>) -> Self {
        let (over, watched) = watch::channel(false);
        let mut people = JoinSet::new();
        for who in 0..town.people.len() {
            let hand = Hand::of(town, ledger, who, watched.clone());
            people.spawn(live(hand, who, watched.clone()));
        }
        Self { over, people }
    }

    /// Ends, when all that is under way is answered or given up.
    pub(crate) async fn end(self) {
        self.over.send_replace(true);
        self.people.join_all().await;
    }
}

/// Each begins with something else.
async fn live(hand: Hand, who: usize, mut over: watch::Receiver<bool>) {
    let mut turns = WORK.iter().cycle().skip(who);
    let mut count = 0;
    while !*over.borrow() {
        let Some(work) = turns.next() else { return };
        count += 1;
        hand.does(*work, count).await;
        let _ = tokio::time::timeout(BREATH, over.wait_for(|over| *over)).await;
    }
}
