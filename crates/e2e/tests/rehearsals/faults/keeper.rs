//! Starts again what has ended by itself, as Kubernetes does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use oruma_e2e::{Deployment, Process};
use tokio::task::JoinHandle;

const LOOKS: Duration = Duration::from_millis(500);

/// Looks after the processes until it is dropped.
pub(crate) struct Keeper {
    restarts: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Keeper {
    pub(crate) fn of(deployment: &Arc<Deployment>) -> Self {
        let restarts = Arc::<AtomicUsize>::default();
        let (counted, deployment) = (Arc::clone(&restarts), Arc::clone(deployment));
        let task = tokio::spawn(async move {
            loop {
                for process in deployment.processes() {
                    let status = process.ended();
                    if let Some(status) = status {
                        println!("{} has ended with {status}", process.name());
                        counted.fetch_add(1, Ordering::Relaxed);
                        Process::start(process);
                    }
                }
                tokio::time::sleep(LOOKS).await;
            }
        });
        Self { restarts, task }
    }

    /// How often something ended by itself.
    pub(crate) fn restarts(&self) -> usize {
        self.restarts.load(Ordering::Relaxed)
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.task.abort();
    }
}
