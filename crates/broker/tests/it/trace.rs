//! One trace from the change to its effect.

use std::sync::{Arc, Mutex};

use oruma_broker::SharedBroker;
use oruma_telemetry::propagation::{TraceContext, current_traceparent, trace_id};
use oruma_telemetry::{LogFormat, TelemetryConfig};
use tracing::{Instrument, Span};

use crate::support::recorder::Recorder;
use crate::support::{World, eventually, handler};

fn record_traces() {
    let config = TelemetryConfig {
        service_name: "test",
        service_version: "0",
        service_revision: None,
        log_level: "info".to_owned(),
        log_format: LogFormat::Json,
        otlp_endpoint: None,
        sample_ratio: 1.0,
        prometheus: None,
    };
    let _ = oruma_telemetry::init_to(config, std::io::sink).unwrap();
}

async fn the_handler_is_in_the_trace_of_the_change(world: World) {
    record_traces();
    let broker = world.broker();
    let seen = Arc::new(Mutex::new(None));
    let looking = {
        let seen = Arc::clone(&seen);
        handler(move |_| {
            let seen = Arc::clone(&seen);
            async move {
                *seen.lock().unwrap() = trace_id(&Span::current());
                Ok(())
            }
        })
    };
    world.subscribe(&broker, world.things(), looking).await;
    let request = tracing::info_span!("request");
    let event = world.thing("s", 1);
    world.append(&[event]).instrument(request.clone()).await;
    world.relay(&broker).drain().await.unwrap();
    let expected = trace_id(&request);
    assert!(expected.is_some());
    eventually("handled in the trace", async || {
        *seen.lock().unwrap() == expected
    })
    .await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_the_process() {
    the_handler_is_in_the_trace_of_the_change(World::in_process().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_rabbitmq() {
    the_handler_is_in_the_trace_of_the_change(World::rabbitmq().await).await;
}

#[tokio::test]
async fn an_event_keeps_the_trace_that_it_brought() {
    record_traces();
    let world = World::in_process().await;
    let trace = TraceContext {
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned(),
        tracestate: Some("vendor=1".to_owned()),
    };
    let mut event = world.thing("s", 1);
    event.trace = Some(trace.clone());
    let other = async {
        assert!(current_traceparent().is_some());
        world.append(&[event]).await;
    };
    other.instrument(tracing::info_span!("other")).await;
    let recorder = Recorder::new(|_| Ok(()));
    let broker: SharedBroker = Arc::clone(&recorder) as SharedBroker;
    world.relay(&broker).drain().await.unwrap();
    assert_eq!(recorder.events()[0].trace, Some(trace));
}
