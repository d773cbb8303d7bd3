//! Carries a trace across process boundaries in the W3C form: HTTP, gRPC, the broker, a row of the
//! outbox.

use opentelemetry::Context;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::{SpanId, TraceContextExt, TraceId};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::{OpenTelemetrySpanExt, SetParentError};

const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";

/// A place in a trace, as text that can be stored and sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceContext {
    /// Trace id, span id and whether the trace is recorded: `00-<32 hex>-<16 hex>-<2 hex>`.
    pub traceparent: String,
    /// What other tracing systems want passed on.
    pub tracestate: Option<String>,
}

/// Returns the `traceparent` of the current span, or `None` outside of a trace.
pub fn current_traceparent() -> Option<String> {
    TraceContext::capture().map(|context| context.traceparent)
}

/// Calls `set` with the name and value of each header that continues the current trace; not at all
/// outside of a trace.
pub fn inject(mut set: impl FnMut(&'static str, String)) {
    let Some(context) = TraceContext::capture() else {
        return;
    };
    set(TRACEPARENT, context.traceparent);
    if let Some(tracestate) = context.tracestate {
        set(TRACESTATE, tracestate);
    }
}

/// Returns the trace id of `span`, 32 hexadecimal digits, or `None` if it is not in a trace.
///
/// This starts the span, so its parent has to be set before.
pub fn trace_id(span: &Span) -> Option<String> {
    ids(&span.context()).map(|(trace_id, _)| trace_id.to_string())
}

/// Makes the caller that sent `headers` the parent of `span`, as [`set_parent_from`] does.
pub fn set_parent_from_headers(span: &Span, headers: &http::HeaderMap) {
    set_parent_from(span, |name| headers.get(name)?.to_str().ok());
}

/// Makes the caller whose headers `get` looks up, by lowercase name, the parent of `span`. Without a
/// valid `traceparent` the span starts a trace of its own.
///
/// ```
/// # use std::collections::HashMap;
/// # let headers: HashMap<String, String> = HashMap::new();
/// let span = tracing::info_span!("GET /posts");
/// oruma_telemetry::propagation::set_parent_from(&span, |name| headers.get(name).map(String::as_str));
/// ```
pub fn set_parent_from<'a>(span: &Span, get: impl Fn(&str) -> Option<&'a str>) {
    if let Some(traceparent) = get(TRACEPARENT) {
        let context = TraceContext {
            traceparent: traceparent.to_owned(),
            tracestate: get(TRACESTATE).map(str::to_owned),
        };
        context.attach_to(span);
    }
}

/// Returns trace id and span id of the span that is entered on this thread.
pub(crate) fn current_ids() -> Option<(TraceId, SpanId)> {
    // the layer keeps OpenTelemetry's own context in step with the entered span, so this also works
    // inside of a subscriber and for spans that the log filter leaves out
    Context::map_current(ids)
}

// === impl TraceContext ===

impl TraceContext {
    /// Takes the place of the current span, or returns `None` outside of a trace.
    pub fn capture() -> Option<Self> {
        let mut headers = Captured::default();
        TraceContextPropagator::new().inject_context(&current_context(), &mut headers);
        Some(Self {
            traceparent: headers.traceparent?,
            tracestate: headers.tracestate.filter(|state| !state.is_empty()),
        })
    }

    /// Whether the trace is recorded, by the last of the flags.
    #[must_use]
    pub fn is_recorded(&self) -> bool {
        let flags = self.traceparent.rsplit('-').next();
        flags.is_some_and(|flags| u8::from_str_radix(flags, 16).is_ok_and(|flags| flags & 1 == 1))
    }

    /// Makes this place the parent of `span`.
    ///
    /// Has to be called before the span is entered or its id is asked for; later it changes nothing,
    /// and says so in the log. A `traceparent` that is not valid changes nothing.
    pub fn attach_to(&self, span: &Span) {
        let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), self);
        if ids(&parent).is_none() {
            return;
        }
        if let Err(SetParentError::AlreadyStarted) = span.set_parent(parent) {
            tracing::warn!("span had started before its parent was set");
        }
    }
}

impl Extractor for TraceContext {
    fn get(&self, key: &str) -> Option<&str> {
        match key {
            TRACEPARENT => Some(&self.traceparent),
            TRACESTATE => self.tracestate.as_deref(),
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT, TRACESTATE]
    }
}

#[derive(Default)]
struct Captured {
    traceparent: Option<String>,
    tracestate: Option<String>,
}

// === impl Captured ===

impl Injector for Captured {
    fn set(&mut self, key: &str, value: String) {
        match key {
            TRACEPARENT => self.traceparent = Some(value),
            TRACESTATE => self.tracestate = Some(value),
            _ => {}
        }
    }
}

/// Prefers the span's own context; where a filter dropped the span, the gRPC layer has left the
/// caller's context on the thread.
fn current_context() -> Context {
    let context = Span::current().context();
    if ids(&context).is_some() {
        context
    } else {
        Context::current()
    }
}

fn ids(context: &Context) -> Option<(TraceId, SpanId)> {
    let span = context.span();
    let place = span.span_context();
    place
        .is_valid()
        .then(|| (place.trace_id(), place.span_id()))
}

#[cfg(test)]
mod tests;
