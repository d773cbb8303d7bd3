//! What is counted of a pool, under the names of OpenTelemetry's conventions.

use std::time::Duration;

use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::deadpool::Pool;
use oruma_telemetry::metrics::{Counter, Histogram, KeyValue, Meter, meter};

/// What is counted of a pool of connections.
#[derive(Clone)]
pub(crate) struct PoolMeters {
    pool: KeyValue,
    timeouts: Counter<u64>,
    wait: Histogram<f64>,
}

impl PoolMeters {
    /// Watches a pool for as long as the process lives.
    pub(crate) fn watch(pool: &Pool<AsyncPgConnection>, schema: &'static str) -> Self {
        let meter = meter("oruma.postgres");
        let name = KeyValue::new("db.client.connection.pool.name", schema);
        let meters = Self {
            pool: name.clone(),
            timeouts: meter
                .u64_counter("db.client.connection.timeouts")
                .with_description("Requests that waited for a connection in vain")
                .build(),
            wait: meter
                .f64_histogram("db.client.connection.wait_time")
                .with_unit("s")
                .with_description("How long requests waited for a connection")
                .build(),
        };
        observe_connections(&meter, pool.clone(), name.clone());
        observe(
            &meter,
            "db.client.connection.max",
            "Connections that there may be",
            pool.clone(),
            name.clone(),
            |pool| pool.status().max_size,
        );
        observe(
            &meter,
            "db.client.connection.pending_requests",
            "Requests that wait for a connection",
            pool.clone(),
            name,
            |pool| pool.status().waiting,
        );
        meters
    }

    pub(crate) fn waited(&self, time: Duration) {
        self.wait
            .record(time.as_secs_f64(), std::slice::from_ref(&self.pool));
    }

    pub(crate) fn timed_out(&self) {
        self.timeouts.add(1, std::slice::from_ref(&self.pool));
    }
}

fn observe_connections(meter: &Meter, pool: Pool<AsyncPgConnection>, name: KeyValue) {
    const STATE: &str = "db.client.connection.state";
    meter
        .u64_observable_gauge("db.client.connection.count")
        .with_description("Connections that are open, by state: idle, used")
        .with_callback(move |observer| {
            let status = pool.status();
            let used = status.size.saturating_sub(status.available);
            let counted = [("idle", status.available), ("used", used)];
            for (state, count) in counted {
                observer.observe(number(count), &[name.clone(), KeyValue::new(STATE, state)]);
            }
        })
        .build();
}

fn observe(
    meter: &Meter,
    instrument: &'static str,
    description: &'static str,
    pool: Pool<AsyncPgConnection>,
    name: KeyValue,
    value: impl Fn(&Pool<AsyncPgConnection>) -> usize + Send + Sync + 'static,
) {
    meter
        .u64_observable_gauge(instrument)
        .with_description(description)
        .with_callback(move |observer| {
            observer.observe(number(value(&pool)), std::slice::from_ref(&name));
        })
        .build();
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
