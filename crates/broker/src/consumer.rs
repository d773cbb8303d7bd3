//! Handling one event: attempts, waits between them, and the verdict. Whatever line it came over.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span};

use crate::backoff::Backoff;
use crate::meters::ConsumerMeters;
use crate::{Event, HandleError, Handler, Subscription, spans};

/// A subscription and what handles it.
pub(crate) struct Consumer {
    pub(crate) subscription: Subscription,
    pub(crate) meters: ConsumerMeters,
    handler: Arc<dyn Handler>,
}

/// What becomes of an event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It had its effect.
    Handled,
    /// It won't have any.
    Dead(Death),
    /// It has none yet, as there was no time left.
    Stopped,
}

/// Why an event is given up, and after how many attempts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Death {
    pub(crate) reason: String,
    pub(crate) attempts: u32,
}

/// How many attempts at one event failed: all of them, and those that count.
#[derive(Default)]
struct Failures {
    all: u32,
    counted: u32,
}

impl Consumer {
    pub(crate) fn new(subscription: Subscription, handler: Arc<dyn Handler>) -> Self {
        Self {
            meters: ConsumerMeters::new(&subscription.queue),
            subscription,
            handler,
        }
    }

    /// Has the event handled, in as many attempts as it takes; once `stop` is cancelled no further one is made.
    pub(crate) async fn process(&self, event: &Event, stop: &CancellationToken) -> Verdict {
        let span = spans::process(&self.subscription.queue, event);
        let attempts = self.attempts(event, stop);
        let verdict = attempts.instrument(span.clone()).await;
        match &verdict {
            Verdict::Handled => self.meters.handled(event.time),
            Verdict::Dead(death) => {
                spans::failed(&span);
                self.report(event, death, &span);
            }
            Verdict::Stopped => {}
        }
        verdict
    }

    /// Tells the handler that it may have missed events.
    pub(crate) async fn missed(&self) {
        let call = AssertUnwindSafe(self.handler.missed()).catch_unwind();
        let result = tokio::time::timeout(self.subscription.deadline, call).await;
        if !matches!(result, Ok(Ok(()))) {
            tracing::error!(
                queue = self.subscription.queue,
                "a consumer could not be told that it missed events"
            );
        }
    }

    async fn attempts(&self, event: &Event, stop: &CancellationToken) -> Verdict {
        let mut failures = Failures::default();
        loop {
            let error = match self.attempt(event).await {
                Ok(()) => return Verdict::Handled,
                Err(error) => error,
            };
            failures.count(&error);
            if let Some(death) = self.death(&error, &failures) {
                return Verdict::Dead(death);
            }
            self.warn(event, &error, &failures);
            let wait = tokio::time::sleep(Backoff::ATTEMPT.after(failures.all));
            if stop.run_until_cancelled(wait).await.is_none() {
                return Verdict::Stopped;
            }
        }
    }

    async fn attempt(&self, event: &Event) -> Result<(), HandleError> {
        let call = AssertUnwindSafe(self.handler.handle(event)).catch_unwind();
        match tokio::time::timeout(self.subscription.deadline, call).await {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => Err(HandleError::retry(panic_text(panic.as_ref()))),
            Err(_) => Err(HandleError::retry("the handler took too long")),
        }
    }

    fn death(&self, error: &HandleError, failures: &Failures) -> Option<Death> {
        let reason = match error {
            HandleError::Unavailable(_) => return None,
            HandleError::Retry(_) if failures.counted < self.subscription.attempts => return None,
            HandleError::Retry(source) => with_causes(source.as_ref()),
            HandleError::Poison(reason) => reason.clone(),
        };
        Some(Death {
            reason,
            attempts: failures.counted,
        })
    }

    fn warn(&self, event: &Event, error: &HandleError, failures: &Failures) {
        // Of a long outage the beginning is enough.
        if failures.all == 1 || !matches!(error, HandleError::Unavailable(_)) {
            tracing::warn!(
                queue = self.subscription.queue,
                event.id = %event.id,
                event.kind,
                attempts = failures.counted,
                error = with_causes(error),
                "an event will be tried again"
            );
        }
    }

    fn report(&self, event: &Event, death: &Death, span: &Span) {
        self.meters.ended("dead");
        tracing::error!(
            parent: span,
            queue = self.subscription.queue,
            event.id = %event.id,
            event.kind,
            attempts = death.attempts,
            reason = death.reason,
            "an event could not be handled"
        );
    }
}

impl Failures {
    fn count(&mut self, error: &HandleError) {
        self.all = self.all.saturating_add(1);
        if !matches!(error, HandleError::Unavailable(_)) {
            self.counted = self.counted.saturating_add(1);
        }
    }
}

/// The error and what caused it, in one line.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("the handler panicked: {}", text.unwrap_or("no text"))
}
