//! How one person asks: again and again, with the same key, until there is an answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use oruma_e2e::{Answer, Call};
use tokio::sync::watch;

use crate::ledger::{Ledger, Place, Work, Write};
use crate::town::{Inhabitant, Town};

/// Between two attempts, unless the answer says how long.
const PAUSE: Duration = Duration::from_millis(300);
/// How long somebody asks on when the load is over: longer than a key is taken to be in use.
const PATIENCE: Duration = Duration::from_secs(200);

/// Somebody at work.
pub(crate) struct Hand {
    pub(crate) town: Arc<Town>,
    pub(crate) who: usize,
    ledger: Arc<Ledger>,
    over: watch::Receiver<bool>,
}

impl Hand {
    pub(crate) fn of(
        town: &Arc<Town>,
        ledger: &Arc<Ledger>,
        who: usize,
        over: watch::Receiver<bool>,
    ) -> Self {
        Self {
            town: Arc::clone(town),
            who,
            ledger: Arc::clone(ledger),
            over,
        }
    }

    /// Who it is.
    pub(crate) fn own(&self) -> &Inhabitant {
        &self.town.people[self.who]
    }

    /// A text like no other.
    pub(crate) fn text(&self, work: Work, count: usize) -> String {
        let (town, who) = (&self.town.name, self.who);
        format!("{work:?} {town} {who} {count}")
    }

    /// Asks until there is an answer that says something; none where there was none in time.
    pub(crate) async fn ask(&self, work: Work, call: impl Fn() -> Call) -> Option<Answer> {
        let mut over = self.over.clone();
        let asking = async {
            loop {
                let began = Instant::now();
                let pause = match call().attempt().await {
                    Ok(answer) if settles(&answer) => {
                        self.ledger.attempted(work, began, answer.status, true);
                        return answer;
                    }
                    Ok(answer) => {
                        self.ledger.attempted(work, began, answer.status, false);
                        if !is_excused(&answer) {
                            self.ledger.wrong(answer.to_string());
                        }
                        let seconds = answer.header("retry-after").parse();
                        seconds.map_or(PAUSE, Duration::from_secs)
                    }
                    Err(_) => {
                        self.ledger.attempted(work, began, 0, false);
                        PAUSE
                    }
                };
                tokio::time::sleep(pause).await;
            }
        };
        tokio::select! {
            answer = asking => Some(answer),
            () = async {
                let _ = over.wait_for(|over| *over).await;
                tokio::time::sleep(PATIENCE).await;
            } => None,
        }
    }

    /// Makes something, and notes it. Gives its id, if it was told.
    pub(crate) async fn make(
        &self,
        write: Write,
        status: u16,
        call: impl Fn() -> Call,
        id: impl Fn(&Answer) -> Option<String>,
    ) -> Option<String> {
        let key = write.content.replace(' ', "-");
        let answer = self
            .ask(write.work, || call().header("idempotency-key", &key))
            .await;
        let mut write = write;
        if let Some(answer) = answer {
            if answer.status != status {
                self.ledger.wrong(answer.to_string());
                return None;
            }
            write.id = id(&answer);
            if write.id.is_none() {
                self.ledger.wrong(answer.to_string());
            }
        }
        let made = write.id.clone();
        self.ledger.wrote(write);
        made
    }

    /// Changes something, and notes how it stands; `told` reads that from an answer, and is none for one that should not be.
    pub(crate) async fn change(
        &self,
        (work, of): (Work, &str),
        call: impl Fn() -> Call,
        told: impl Fn(&Answer) -> Option<String>,
    ) {
        let place = Place {
            work,
            by: self.who,
            of: of.to_owned(),
        };
        match self.ask(work, call).await {
            None => self.ledger.may_stand(&place),
            Some(answer) => match told(&answer) {
                Some(told) => self.ledger.stands(place, told),
                None => self.ledger.wrong(answer.to_string()),
            },
        }
    }

    /// Reads something.
    pub(crate) async fn read(&self, work: Work, call: impl Fn() -> Call) {
        if let Some(answer) = self.ask(work, call).await
            && answer.status != 200
        {
            self.ledger.wrong(answer.to_string());
        }
    }
}

/// Whether an answer says what became of the request.
fn settles(answer: &Answer) -> bool {
    let later = matches!(answer.status, 408 | 429) || answer.status >= 500;
    !later && !is_under_way(answer)
}

fn is_under_way(answer: &Answer) -> bool {
    let text = String::from_utf8_lossy(&answer.body);
    answer.status == 409 && text.contains("idempotency_key_in_use")
}

/// Whether a fault may have this answer: a refusal, never a fault of the server's own.
fn is_excused(answer: &Answer) -> bool {
    matches!(answer.status, 503 | 507) || is_under_way(answer)
}
