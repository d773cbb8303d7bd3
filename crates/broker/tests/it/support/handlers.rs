//! Handlers made of a closure, and a log of what they saw.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::future::BoxFuture;
use oruma_broker::{Event, HandleError, Handler};

type Result = std::result::Result<(), HandleError>;

struct FromFn<F>(F);

/// A handler that does what the closure does.
pub(crate) fn handler<F, O>(handle: F) -> Arc<dyn Handler>
where
    F: Fn(Event) -> O + Send + Sync + 'static,
    O: Future<Output = Result> + Send + 'static,
{
    Arc::new(FromFn(move |event| -> BoxFuture<'static, Result> {
        Box::pin(handle(event))
    }))
}

#[async_trait]
impl<F> Handler for FromFn<F>
where
    F: Fn(Event) -> BoxFuture<'static, Result> + Send + Sync + 'static,
{
    async fn handle(&self, event: &Event) -> Result {
        self.0(event.clone()).await
    }
}

/// What was seen, in its order.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<(String, i64)>>>);

impl Log {
    pub(crate) fn note(&self, event: &Event) {
        let n = event.data["n"].as_i64().unwrap_or_default();
        self.0.lock().unwrap().push((event.subject.clone(), n));
    }

    /// A handler that only takes notes.
    pub(crate) fn handler(&self) -> Arc<dyn Handler> {
        let log = self.clone();
        handler(move |event| {
            log.note(&event);
            async { Ok(()) }
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// The numbers of one subject's events.
    pub(crate) fn of(&self, subject: &str) -> Vec<i64> {
        let seen = self.0.lock().unwrap();
        seen.iter()
            .filter(|(of, _)| of == subject)
            .map(|(_, n)| *n)
            .collect()
    }
}
