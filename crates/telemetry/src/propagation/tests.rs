use opentelemetry_sdk::Resource;
use tracing::info_span;
use tracing_subscriber::layer::SubscriberExt;

use super::*;
use crate::{TelemetryConfig, traces};

const CALLER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const CALLER_TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

fn without_exporter(test: impl FnOnce()) {
    let config = TelemetryConfig::for_test();
    let provider = traces::provider(&config, Resource::builder_empty().build()).unwrap();
    let subscriber = tracing_subscriber::registry().with(traces::layer(&provider, false));
    tracing::subscriber::with_default(subscriber, test);
}

#[test]
fn outside_of_a_trace_there_is_nothing_to_pass_on() {
    without_exporter(|| {
        assert_eq!(TraceContext::capture(), None);
        inject(|name, _| panic!("{name}"));
    });
    assert_eq!(current_traceparent(), None);
}

#[test]
fn a_span_has_a_trace_id_without_an_exporter() {
    without_exporter(|| {
        let span = info_span!("request");
        let id = trace_id(&span).unwrap();
        assert_eq!(id.len(), 32);
        span.in_scope(|| {
            assert!(current_traceparent().unwrap().contains(&id));
            assert_eq!(current_ids().unwrap().0.to_string(), id);
            assert_eq!(trace_id(&info_span!("inner")), Some(id));
        });
    });
}

#[test]
fn the_trace_and_the_decision_of_the_caller_are_passed_on() {
    without_exporter(|| {
        let span = info_span!("request");
        set_parent_from(&span, |name| match name {
            "traceparent" => Some(CALLER),
            "tracestate" => Some("vendor=1"),
            _ => None,
        });
        assert_eq!(trace_id(&span).as_deref(), Some(CALLER_TRACE));

        let mut sent = Vec::new();
        span.in_scope(|| inject(|name, value| sent.push((name, value))));
        let (name, traceparent) = sent.first().unwrap();
        assert_eq!(*name, "traceparent");
        assert!(traceparent.starts_with(&format!("00-{CALLER_TRACE}-")));
        assert!(traceparent.ends_with("-01") && traceparent != CALLER);
        assert_eq!(sent.get(1), Some(&("tracestate", "vendor=1".to_owned())));
    });
}

#[test]
fn headers_that_are_no_context_start_a_trace_of_their_own() {
    without_exporter(|| {
        for traceparent in [
            "",
            "00-x",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        ] {
            let mut headers = http::HeaderMap::new();
            headers.insert(TRACEPARENT, traceparent.parse().unwrap());
            let span = info_span!("request");
            set_parent_from_headers(&span, &headers);
            let id = trace_id(&span).unwrap();
            assert!(!id.chars().all(|c| c == '0'), "{traceparent}");
        }
    });
}

#[test]
fn a_parent_that_comes_too_late_changes_nothing() {
    without_exporter(|| {
        let span = info_span!("request");
        let before = trace_id(&span);
        let late = TraceContext {
            traceparent: CALLER.to_owned(),
            tracestate: None,
        };
        late.attach_to(&span);
        assert_eq!(trace_id(&span), before);
    });
}

#[test]
fn the_flags_tell_whether_a_trace_is_recorded() {
    let with = |flags: &str| TraceContext {
        traceparent: format!("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-{flags}"),
        tracestate: None,
    };
    assert!(with("01").is_recorded() && with("03").is_recorded());
    assert!(!with("00").is_recorded() && !with("02").is_recorded() && !with("x").is_recorded());
}
