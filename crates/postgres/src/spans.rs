//! A span for each statement, without its parameters.

use diesel::connection::{Instrumentation, InstrumentationEvent};
use tracing::Span;
use tracing::field::Empty;

/// Opens a span when a statement starts and closes it when it ends. One connection runs one statement at a time.
#[derive(Default)]
pub(crate) struct StatementSpans {
    running: Option<Span>,
}

impl Instrumentation for StatementSpans {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartQuery { query, .. } => {
                self.running = Some(open(&query.to_string()));
            }
            InstrumentationEvent::FinishQuery { error, .. } => {
                if let Some(span) = self.running.take()
                    && error.is_some()
                {
                    span.record("otel.status_code", "ERROR");
                }
            }
            _ => {}
        }
    }
}

fn open(query: &str) -> Span {
    let text = without_parameters(query);
    let summary = summarise(text);
    tracing::info_span!(
        target: "oruma_postgres::statement",
        "sql",
        otel.name = summary,
        otel.kind = "client",
        otel.status_code = Empty,
        db.system.name = "postgresql",
        db.query.summary = summary,
        db.query.text = text,
    )
}

/// Diesel shows a statement as `SELECT … -- binds: […]`; what is bound is people's data.
fn without_parameters(query: &str) -> &str {
    query.split("-- binds:").next().unwrap_or(query).trim_end()
}

/// The operation and, where it is easy to tell, the table: `SELECT auth.users`.
fn summarise(text: &str) -> String {
    let mut words = text.split_whitespace();
    let operation = words.next().unwrap_or("SQL").to_uppercase();
    let table = match operation.as_str() {
        "UPDATE" => words.next(),
        "SELECT" | "INSERT" | "DELETE" | "WITH" => words
            .skip_while(|word| {
                !word.eq_ignore_ascii_case("from") && !word.eq_ignore_ascii_case("into")
            })
            .nth(1),
        _ => None,
    };
    match table {
        Some(table) => {
            let table = table.replace('"', "");
            let table = table.trim_matches(['(', ')', ',']);
            // A function has its arguments behind it.
            let table = table.split('(').next().unwrap_or_default();
            format!("{operation} {table}")
        }
        None => operation,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_left_out() {
        let query =
            r#"SELECT "id" FROM "auth"."users" WHERE "email" = $1 -- binds: ["a@b.c -- binds: x"]"#;
        assert!(!without_parameters(query).contains("a@b.c"));
    }

    #[test]
    fn summaries_name_the_table() {
        for (query, summary) in [
            (
                r#"SELECT "id" FROM "auth"."users" WHERE x"#,
                "SELECT auth.users",
            ),
            (
                r#"INSERT INTO "auth"."outbox" ("id") VALUES ($1)"#,
                "INSERT auth.outbox",
            ),
            (r#"UPDATE "auth"."sessions" SET x"#, "UPDATE auth.sessions"),
            ("SELECT x FROM unnest($1, $2) AS y", "SELECT unnest"),
            ("BEGIN", "BEGIN"),
            ("COMMIT", "COMMIT"),
        ] {
            assert_eq!(summarise(query), summary);
        }
    }
}
