//! How the installation is.

use serde::Serialize;
use utoipa::ToSchema;

use crate::health::{Part, Report};

/// Answer of `GET /api/health` (C-057).
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct Health {
    /// `healthy`; `degraded`, when something is away without which people can still work; `down`.
    status: &'static str,
    /// Seconds since this gateway started.
    uptime: u64,
    version: &'static str,
    /// ISO 8601.
    timestamp: String,
    services: Services,
}

/// Each part.
#[derive(Debug, Serialize, ToSchema)]
struct Services {
    /// The databases of the services, and the services themselves.
    database: Timed,
    /// What gateways share.
    redis: Timed,
    /// Files and pictures.
    storage: Untimed,
    /// The sockets of this gateway.
    websocket: Sockets,
}

/// A part, and how long it took to answer.
#[derive(Debug, Serialize, ToSchema)]
struct Timed {
    /// `up` or `down`.
    status: &'static str,
    /// In milliseconds.
    latency: f64,
}

/// A part.
#[derive(Debug, Serialize, ToSchema)]
struct Untimed {
    /// `up` or `down`.
    status: &'static str,
}

/// The sockets.
#[derive(Debug, Serialize, ToSchema)]
struct Sockets {
    /// `up` or `down`.
    status: &'static str,
    /// How many are open.
    connections: usize,
}

impl Health {
    pub(in super::super) fn new(report: &Report, uptime: u64, timestamp: String) -> Self {
        let Report {
            database,
            ephemeral,
            storage,
            sockets,
            connections,
        } = report;
        let all_up = database.is_up && ephemeral.is_up && storage.is_up && *sockets;
        let status = match (report.can_work(), all_up) {
            (false, _) => "down",
            (true, false) => "degraded",
            (true, true) => "healthy",
        };
        Self {
            status,
            uptime,
            version: env!("CARGO_PKG_VERSION"),
            timestamp,
            services: Services {
                database: timed(database),
                redis: timed(ephemeral),
                storage: Untimed {
                    status: word(storage.is_up),
                },
                websocket: Sockets {
                    status: word(*sockets),
                    connections: *connections,
                },
            },
        }
    }
}

fn timed(part: &Part) -> Timed {
    Timed {
        status: word(part.is_up),
        latency: part.took.as_micros() as f64 / 1_000.0,
    }
}

fn word(is_up: bool) -> &'static str {
    if is_up { "up" } else { "down" }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn report(database: bool, ephemeral: bool) -> Report {
        let part = |is_up| Part {
            is_up,
            took: Duration::from_micros(1_500),
        };
        Report {
            database: part(database),
            ephemeral: part(ephemeral),
            storage: part(true),
            sockets: true,
            connections: 3,
        }
    }

    fn shown(report: &Report) -> serde_json::Value {
        let health = Health::new(report, 7, "2026-11-21T14:00:00.000Z".to_owned());
        serde_json::to_value(health).unwrap()
    }

    /// C-057, C-174.
    #[test]
    fn health_has_the_shape_of_the_contract() {
        let expected = json!({
            "status": "healthy", "uptime": 7, "version": env!("CARGO_PKG_VERSION"), "timestamp": "2026-11-21T14:00:00.000Z",
            "services": {
                "database": {"status": "up", "latency": 1.5}, "redis": {"status": "up", "latency": 1.5},
                "storage": {"status": "up"}, "websocket": {"status": "up", "connections": 3},
            },
        });
        assert_eq!(shown(&report(true, true)), expected);
        assert_eq!(shown(&report(true, false))["status"], "degraded");
        assert_eq!(shown(&report(false, true))["status"], "down");
    }
}
