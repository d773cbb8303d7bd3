//! Hashing and checking passwords: off the asynchronous threads, a few at a time, in a short queue.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use oruma_telemetry::metrics::{Counter, UpDownCounter, meter};
use secrecy::{ExposeSecret, SecretString};
use thread_priority::{ThreadPriority, ThreadPriorityValue, set_current_thread_priority};
use tokio::sync::oneshot;

use crate::error::Error;

/// On a scale from 0 to 99: below the threads that answer requests, so that a storm of sign-ins slows sign-ins and little else.
const LOW_PRIORITY: u8 = 24;

/// How passwords are hashed.
#[derive(Debug, Clone, Copy)]
pub struct PasswordConfig {
    /// `BCRYPT_COST`: 12 by default, at least 12 (O-188).
    pub cost: u32,
    /// `BCRYPT_WORKERS`: threads that hash; by default one a processor.
    pub workers: usize,
    /// `BCRYPT_QUEUE`: passwords that may wait for a thread; by default 16 for each.
    pub queue: usize,
}

/// The threads that hash, and the queue in front of them.
#[derive(Clone)]
pub struct Passwords {
    jobs: SyncSender<Job>,
    meters: PasswordMeters,
    /// Held so that a queue without threads fills up like any other.
    _waiting: Arc<Mutex<Receiver<Job>>>,
    cost: u32,
    /// What an unknown address is checked against, so that it takes as long as a known one.
    nobodys_hash: Arc<str>,
}

enum Job {
    Hash {
        password: SecretString,
        cost: u32,
        answer: oneshot::Sender<Result<String, bcrypt::BcryptError>>,
    },
    Verify {
        password: SecretString,
        hash: Arc<str>,
        answer: oneshot::Sender<Result<bool, bcrypt::BcryptError>>,
    },
}

impl Passwords {
    /// Starts the threads. They end when the last clone is dropped.
    ///
    /// # Errors
    /// When a thread can't be started, or the cost is one that bcrypt doesn't have.
    pub fn start(config: PasswordConfig) -> anyhow::Result<Self> {
        let (jobs, waiting) = sync_channel(config.queue);
        let waiting = Arc::new(Mutex::new(waiting));
        let meters = PasswordMeters::new();
        for number in 0..config.workers {
            let (waiting, meters) = (Arc::clone(&waiting), meters.clone());
            std::thread::Builder::new()
                .name(format!("bcrypt-{number}"))
                .spawn(move || work(&waiting, &meters))?;
        }
        Ok(Self {
            jobs,
            meters,
            _waiting: waiting,
            cost: config.cost,
            nobodys_hash: bcrypt::hash("nobody's password", config.cost)?.into(),
        })
    }

    /// Hashes a new password, about 0.2 s of one processor at cost 12.
    ///
    /// # Errors
    /// [`Error::Overloaded`] at once when the queue is full.
    pub async fn hash(&self, password: &SecretString) -> Result<String, Error> {
        let (answer, hashed) = oneshot::channel();
        self.enqueue(Job::Hash {
            password: password.clone(),
            cost: self.cost,
            answer,
        })?;
        hashed
            .await
            .map_err(Error::internal)?
            .map_err(Error::internal)
    }

    /// Checks a password. Without a hash the answer is no, after as long a time as with one.
    ///
    /// # Errors
    /// [`Error::Overloaded`] at once when the queue is full.
    pub async fn verify(&self, password: &SecretString, hash: Option<&str>) -> Result<bool, Error> {
        let (answer, verified) = oneshot::channel();
        self.enqueue(Job::Verify {
            password: password.clone(),
            hash: hash.map_or_else(|| Arc::clone(&self.nobodys_hash), Arc::from),
            answer,
        })?;
        let matches = verified
            .await
            .map_err(Error::internal)?
            .map_err(Error::internal)?;
        Ok(matches && hash.is_some())
    }

    fn enqueue(&self, job: Job) -> Result<(), Error> {
        // Before it is sent, for a thread may have taken it by then.
        self.meters.waiting.add(1, &[]);
        self.jobs.try_send(job).map_err(|refused| {
            self.meters.waiting.add(-1, &[]);
            match refused {
                TrySendError::Full(_) => {
                    self.meters.refused.add(1, &[]);
                    Error::Overloaded
                }
                TrySendError::Disconnected(_) => Error::internal("the password threads have ended"),
            }
        })
    }
}

/// What is counted of the queue.
#[derive(Clone)]
struct PasswordMeters {
    waiting: UpDownCounter<i64>,
    refused: Counter<u64>,
}

impl PasswordMeters {
    fn new() -> Self {
        let meter = meter("oruma.auth");
        Self {
            waiting: meter
                .i64_up_down_counter("oruma.passwords.waiting")
                .with_description("Passwords that wait for a thread which hashes")
                .build(),
            refused: meter
                .u64_counter("oruma.passwords.refused")
                .with_description("Passwords that found the queue full")
                .build(),
        }
    }
}

fn work(waiting: &Mutex<Receiver<Job>>, meters: &PasswordMeters) {
    if let Ok(low) = ThreadPriorityValue::try_from(LOW_PRIORITY) {
        // Without the right to, they hash at the usual priority.
        let _ = set_current_thread_priority(ThreadPriority::Crossplatform(low));
    }
    loop {
        let next = waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        match next {
            Ok(job) => {
                meters.waiting.add(-1, &[]);
                job.run();
            }
            Err(_) => return,
        }
    }
}

impl Job {
    /// A client that went away is not worked for. Nobody hears the answer if it goes away now, which is fine.
    fn run(self) {
        match self {
            Self::Hash {
                password,
                cost,
                answer,
            } if !answer.is_closed() => {
                let _ = answer.send(bcrypt::non_truncating_hash(password.expose_secret(), cost));
            }
            Self::Verify {
                password,
                hash,
                answer,
            } if !answer.is_closed() => {
                // What is too long to be anybody's password is checked cut, and refused: in the same time as any other.
                let text = password.expose_secret();
                let fits = text.len() < 72;
                let matches = bcrypt::verify(text, &hash).map(|matches| matches && fits);
                let _ = answer.send(matches);
            }
            Self::Hash { .. } | Self::Verify { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passwords(workers: usize, queue: usize) -> Passwords {
        let cost = 4;
        Passwords::start(PasswordConfig {
            cost,
            workers,
            queue,
        })
        .unwrap()
    }

    #[tokio::test]
    async fn a_password_is_known_again_and_no_other() {
        let passwords = passwords(2, 8);
        let secret = SecretString::from("passw0rd");
        let hash = passwords.hash(&secret).await.unwrap();
        assert!(hash.starts_with("$2b$04$"));
        assert!(passwords.verify(&secret, Some(&hash)).await.unwrap());
        let wrong = SecretString::from("passw0rD");
        assert!(!passwords.verify(&wrong, Some(&hash)).await.unwrap());
        assert!(!passwords.verify(&secret, None).await.unwrap());
    }

    #[tokio::test]
    async fn nobody_signs_in_with_nobodys_password() {
        let secret = SecretString::from("nobody's password");
        assert!(!passwords(1, 1).verify(&secret, None).await.unwrap());
    }

    #[tokio::test]
    async fn a_longer_password_is_not_the_one_it_begins_with() {
        let passwords = passwords(1, 4);
        let longest = SecretString::from("a1".repeat(35) + "x");
        let hash = passwords.hash(&longest).await.unwrap();
        assert!(passwords.verify(&longest, Some(&hash)).await.unwrap());
        let longer = SecretString::from(longest.expose_secret().to_owned() + "yz");
        assert!(!passwords.verify(&longer, Some(&hash)).await.unwrap());
        assert!(passwords.hash(&longer).await.is_err());
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once() {
        // No thread takes anything, so the second job finds the queue full.
        let passwords = passwords(0, 1);
        let secret = SecretString::from("passw0rd");
        let waiting = tokio::spawn({
            let (passwords, secret) = (passwords.clone(), secret.clone());
            async move { passwords.hash(&secret).await }
        });
        while !matches!(
            tokio::time::timeout(
                std::time::Duration::from_millis(20),
                passwords.hash(&secret)
            )
            .await,
            Ok(Err(Error::Overloaded))
        ) {}
        waiting.abort();
    }
}
