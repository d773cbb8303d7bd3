//! People who join and sign in all the time, whatever happens.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use oruma_e2e::{Client, Deployment, Person};
use oruma_test_kit::within;
use tokio::sync::watch;
use tokio::task::JoinSet;

const CLIENTS: usize = 8;
/// What a person does between two attempts: with it, all together leave a processor to the others.
const BREATH: Duration = Duration::from_millis(2_500);
/// Between a failure and the next attempt.
const PAUSE: Duration = Duration::from_millis(200);
/// How long a fault may be felt.
const RECOVERY: Duration = Duration::from_secs(90);

/// The people, until it ends.
pub(crate) struct Storm {
    seen: Arc<Mutex<Seen>>,
    over: watch::Sender<bool>,
    clients: JoinSet<()>,
}

#[derive(Default)]
struct Seen {
    /// Who was told that the account is made.
    joined: Vec<Person>,
    /// How often each status came; 0 where there was no answer.
    statuses: BTreeMap<u16, usize>,
}

impl Storm {
    /// Begins.
    pub(crate) fn over(deployment: &Deployment) -> Self {
        let (over, watched) = watch::channel(false);
        let seen = Arc::<Mutex<Seen>>::default();
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            clients.spawn(come_and_go(
                deployment.client(),
                Arc::clone(&seen),
                watched.clone(),
            ));
        }
        Self {
            seen,
            over,
            clients,
        }
    }

    fn joined(&self) -> usize {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .joined
            .len()
    }

    /// Waits until some more people have joined.
    pub(crate) async fn progress(&self, more: usize) {
        let goal = self.joined() + more;
        within(RECOVERY, "people join again", || async {
            self.joined() >= goal
        })
        .await;
    }

    /// Ends, and tells who has joined. Faults were refusals, never faults of the server's own.
    pub(crate) async fn end(self) -> Vec<Person> {
        self.over.send_replace(true);
        self.clients.join_all().await;
        let seen = std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        println!("answers: {:?}", seen.statuses);
        let expected = [0, 200, 201, 401, 503];
        assert!(
            seen.statuses.keys().all(|status| expected.contains(status)),
            "{:?}",
            seen.statuses
        );
        seen.joined
    }
}

async fn come_and_go(api: Client, seen: Arc<Mutex<Seen>>, mut over: watch::Receiver<bool>) {
    while !*over.borrow() {
        let person = Person::new();
        let joins = api.post("/api/auth/register", &person.registration());
        let joined = noted(&seen, joins.attempt().await) == 201;
        if joined {
            let signs_in = api.post("/api/auth/login", &person.credentials());
            let status = noted(&seen, signs_in.attempt().await);
            assert_ne!(status, 401, "{} had joined", person.email);
            seen.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .joined
                .push(person);
        }
        let pause = if joined { BREATH } else { PAUSE };
        let _ = tokio::time::timeout(pause, over.wait_for(|over| *over)).await;
    }
}

fn noted(seen: &Mutex<Seen>, answer: Result<oruma_e2e::Answer, impl std::error::Error>) -> u16 {
    let status = answer.map_or(0, |answer| answer.status);
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    *seen.statuses.entry(status).or_default() += 1;
    status
}
