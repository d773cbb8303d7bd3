use serde_json::{Value, json};
use tracing::{error, info, info_span};

use crate::LogFormat;
use crate::logs::testing::written;

fn line(emit: impl FnOnce()) -> Value {
    line_at("INFO", emit)
}

fn line_at(level: &str, emit: impl FnOnce()) -> Value {
    let text = written(LogFormat::Json, level, emit);
    assert_eq!(text.lines().count(), 1, "{text}");
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_line_is_flat_json_with_typed_fields() {
    let mut line = line(|| {
        info!(target: "oruma::test", cached = true, post.id = 7, seconds = 0.5, "post \"read\"\n");
    });
    let time = line["timestamp"].take();
    assert!(time.as_str().unwrap().ends_with('Z'), "{time}");
    assert_eq!(
        line,
        json!({
            "timestamp": null, "level": "INFO", "target": "oruma::test", "service": "test",
            "message": "post \"read\"\n", "post.id": 7, "cached": true, "seconds": 0.5,
        })
    );
}

#[test]
fn secrets_are_masked_whatever_their_type() {
    let line = line(|| {
        info!(
            password = "p",
            token = ?Some("t"),
            client.secret = %"s",
            http.request.header.authorization = "Bearer x",
            user.email = "ada@example.edu",
            code = 123_456,
            refresh_token = "r",
            url.query = "a=1&ticket=abc",
            uri = "/ws?token=abc&a=1",
            "signed in"
        );
    });
    for name in [
        "password",
        "token",
        "client.secret",
        "http.request.header.authorization",
        "user.email",
        "code",
        "refresh_token",
    ] {
        assert_eq!(line[name], "[redacted]", "{name}");
    }
    assert_eq!(line["uri"], "/ws?token=[redacted]&a=1");
    assert_eq!(line["message"], "signed in");
}

#[test]
fn a_field_cannot_replace_a_key_of_the_line() {
    let line = line(|| info!(level = "high", trace_id = "mine", "x"));
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["fields.level"], "high");
    assert_eq!(line["fields.trace_id"], "mine");
}

#[test]
fn a_line_names_its_trace_even_where_the_level_hides_the_span() {
    let mut trace_id = None;
    let inner = line_at("ERROR", || {
        info_span!("request").in_scope(|| {
            trace_id = crate::propagation::trace_id(&tracing::Span::current());
            info!("hidden");
            info_span!("inner").in_scope(|| error!("shown"));
        });
    });
    assert_eq!(inner["trace_id"].as_str(), trace_id.as_deref());
    assert_eq!(inner["span_id"].as_str().unwrap().len(), 16);
}

#[test]
fn a_record_of_the_log_crate_keeps_its_target() {
    use tracing_log::log::{Level, Record};
    let line = line(|| {
        let text = format_args!("pool is empty");
        let mut record = Record::builder();
        let record = record.level(Level::Info).target("diesel").args(text);
        tracing_log::format_trace(&record.build()).unwrap();
    });
    assert_eq!(line["target"], "diesel");
    assert_eq!(line["message"], "pool is empty");
    assert_eq!(line.as_object().unwrap().len(), 5, "{line}");
}

#[test]
fn an_error_is_shown_with_its_causes() {
    let cause = std::io::Error::other("disk full");
    let error = crate::TelemetryError::Bind {
        address: ([127, 0, 0, 1], 1).into(),
        source: cause,
    };
    let line = line(|| {
        info!(
            error = &error as &(dyn std::error::Error + 'static),
            "failed"
        )
    });
    assert_eq!(
        line["error"],
        "cannot serve metrics on 127.0.0.1:1: disk full"
    );
}
