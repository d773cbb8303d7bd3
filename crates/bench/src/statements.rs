//! The very statements that a request runs, as PostgreSQL's log tells them, and how often PostgreSQL alone can run them.
//!
//! A limit that is written by hand soon measures something else than the code does. So one request is made while the server logs every statement
//! with its parameters, and what it ran becomes the script of `pgbench`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use futures::{SinkExt, TryStreamExt};
use oruma_service_runtime::Clock;
use tokio::process::Command;
use tokio_postgres::NoTls;
use uuid::Uuid;

/// The second half of ids that a script makes.
const ID_END: &str = "8000a0b0c0d0e0f0";

/// A statement as the log has it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Logged {
    backend: u32,
    text: String,
    /// SQL literals, such as `'5'` and `NULL`.
    parameters: Vec<String>,
}

/// A PostgreSQL whose log can be read.
pub struct Server {
    url: String,
    log: PathBuf,
}

/// A value that is another one each time a script runs.
pub struct Varied {
    /// As the request has it.
    pub value: String,
    /// A number between 1 and this one is chosen.
    pub most: u64,
    /// Makes SQL for the value of that of the number.
    pub expression: fn(&str) -> String,
}

impl Server {
    /// The server at `url`, whose log is at `log`.
    #[must_use]
    pub fn new(url: &str, log: &Path) -> Self {
        Self {
            url: url.to_owned(),
            log: log.to_owned(),
        }
    }

    /// The script of what `request` runs in the transaction that has a statement with `marker` in it, or of that statement alone where there is no
    /// transaction. Ids that are made by the request are made anew each time the script runs, and those that are named in `varied`
    /// become others.
    ///
    /// # Errors
    /// When the log says nothing of it.
    pub async fn script_of(
        &self,
        marker: &str,
        varied: &[Varied],
        request: impl Future<Output = ()>,
    ) -> Result<String> {
        let before = std::fs::metadata(&self.log)?.len();
        self.order("ALTER SYSTEM SET log_statement = 'all'").await?;
        let begun = Clock::system().now();
        request.await;
        self.order("ALTER SYSTEM RESET log_statement").await?;
        let bytes = std::fs::read(&self.log)?;
        let log =
            String::from_utf8_lossy(bytes.get(usize::try_from(before)?..).unwrap_or_default());
        let logged = parse(&log);
        let own = transaction(&logged, marker)
            .with_context(|| format!("the log has no statement with {marker:?}"))?;
        Ok(script(&own, begun, varied))
    }

    async fn order(&self, order: &str) -> Result<()> {
        self.sql(order).await?;
        self.sql("SELECT pg_reload_conf()").await?;
        // Each backend looks at the new settings before its next statement.
        tokio::time::sleep(Duration::from_millis(300)).await;
        Ok(())
    }

    /// Runs some statements, several as one transaction.
    ///
    /// # Errors
    /// When one fails.
    pub async fn sql(&self, statements: &str) -> Result<()> {
        let (client, connection) = tokio_postgres::connect(&self.url, NoTls).await?;
        let connection = tokio::spawn(connection);
        client.batch_execute(statements).await?;
        drop(client);
        connection.await??;
        Ok(())
    }

    /// The number that a statement asks for.
    ///
    /// # Errors
    /// When it fails, or its answer is not one `bigint`.
    pub async fn count(&self, statement: &str) -> Result<i64> {
        let (client, connection) = tokio_postgres::connect(&self.url, NoTls).await?;
        let connection = tokio::spawn(connection);
        let count = client.query_one(statement, &[]).await?.try_get(0)?;
        drop(client);
        connection.await??;
        Ok(count)
    }

    /// Runs a script on some connections for some time.
    ///
    /// # Errors
    /// When `pgbench` is not there or fails.
    pub async fn run(&self, script: &str, connections: usize, duration: Duration) -> Result<f64> {
        let one = [script.to_owned()];
        self.run_any(&one, connections, duration).await
    }

    /// Copies the rows of a table to another database that has it too.
    ///
    /// # Errors
    /// When one of them refuses.
    pub async fn copy(&self, table: &str, to: &Self) -> Result<()> {
        let (from, reading) = tokio_postgres::connect(&self.url, NoTls).await?;
        let (to, writing) = tokio_postgres::connect(&to.url, NoTls).await?;
        let lines = [tokio::spawn(reading), tokio::spawn(writing)];
        let rows = from.copy_out(&format!("COPY {table} TO STDOUT")).await?;
        let copy = to.copy_in(&format!("COPY {table} FROM STDIN")).await?;
        let mut rows = Box::pin(rows);
        let mut copy: std::pin::Pin<Box<tokio_postgres::CopyInSink<bytes::Bytes>>> = Box::pin(copy);
        while let Some(some) = rows.try_next().await? {
            copy.send(some).await?;
        }
        copy.as_mut().finish().await?;
        drop((from, to));
        for line in lines {
            line.await??;
        }
        Ok(())
    }

    /// Runs any of some scripts on some connections for some time, each as often as the others.
    ///
    /// # Errors
    /// When `pgbench` is not there or fails.
    pub async fn run_any(
        &self,
        scripts: &[String],
        connections: usize,
        duration: Duration,
    ) -> Result<f64> {
        let folder = tempfile::tempdir()?;
        let mut files = Vec::new();
        for (nth, script) in scripts.iter().enumerate() {
            let file = folder.path().join(format!("{nth}.sql"));
            std::fs::write(&file, script)?;
            files.push(format!("--file={}", file.display()));
        }
        let output = Command::new(pgbench()?)
            .args(["--no-vacuum", "--protocol=prepared", "--jobs=2"])
            .arg(format!("--client={connections}"))
            .arg(format!("--time={}", duration.as_secs().max(1)))
            .args(files)
            .arg(&self.url)
            .output()
            .await?;
        let said = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            bail!(
                "pgbench failed: {said}{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        rate(&said).with_context(|| format!("pgbench said: {said}"))
    }
}

/// Debian has it beside the server's own programs, others in `PATH`.
fn pgbench() -> Result<PathBuf> {
    let debian = Path::new("/usr/lib/postgresql");
    let versions = std::fs::read_dir(debian).into_iter().flatten().flatten();
    let found = versions
        .map(|version| version.path().join("bin/pgbench"))
        .filter(|path| path.is_file())
        .max();
    Ok(found.unwrap_or_else(|| "pgbench".into()))
}

/// Times in a second, as `pgbench` tells them.
fn rate(said: &str) -> Option<f64> {
    let line = said.lines().find_map(|line| line.strip_prefix("tps = "))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The statements of a log whose lines begin with `%m [%p] `, which is the default.
fn parse(log: &str) -> Vec<Logged> {
    let mut found: Vec<Logged> = Vec::new();
    let mut lines = log.lines().peekable();
    while let Some(line) = lines.next() {
        let Some((backend, level, said)) = parts(line) else {
            continue;
        };
        let mut said = said.to_owned();
        while let Some(more) = lines.next_if(|line| line.starts_with('\t')) {
            said.push('\n');
            said.push_str(more);
        }
        if level == "LOG" {
            if let Some(text) = statement_of(&said) {
                let text = text.to_owned();
                found.push(Logged {
                    backend,
                    text,
                    parameters: Vec::new(),
                });
            }
        } else if level == "DETAIL"
            && let Some((_, values)) = said.split_once("arameters: ")
            && let Some(last) = found.iter_mut().rfind(|found| found.backend == backend)
        {
            last.parameters = parameters(values);
        }
    }
    found
}

/// `2026-11-21 22:00:00.000 UTC [1234] LOG:  …`
fn parts(line: &str) -> Option<(u32, &str, &str)> {
    let (_, rest) = line.split_once('[')?;
    let (backend, rest) = rest.split_once("] ")?;
    let (level, said) = rest.split_once(":  ")?;
    Some((backend.parse().ok()?, level, said))
}

fn statement_of(said: &str) -> Option<&str> {
    if let Some(text) = said.strip_prefix("statement: ") {
        return Some(text);
    }
    let (_, text) = said.strip_prefix("execute ")?.split_once(": ")?;
    Some(text)
}

/// `$1 = 'it''s, so', $2 = NULL`
fn parameters(values: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = values;
    while let Some((_, value)) = rest.split_once(" = ") {
        let end = literal_end(value);
        let (literal, behind) = value.split_at(end);
        found.push(literal.to_owned());
        rest = behind;
    }
    found
}

/// Where the literal ends with which a text begins.
fn literal_end(text: &str) -> usize {
    if !text.starts_with('\'') {
        return text.find(',').unwrap_or(text.len());
    }
    let mut quoted = false;
    for (place, byte) in text.bytes().enumerate() {
        if byte == b'\'' {
            quoted = !quoted;
        } else if !quoted {
            return place;
        }
    }
    text.len()
}

/// The statements of the transaction around the one with `marker` in it.
fn transaction(logged: &[Logged], marker: &str) -> Option<Vec<Logged>> {
    let is_it = |statement: &&Logged| statement.text.contains(marker);
    let backend = logged.iter().find(is_it)?.backend;
    let own: Vec<&Logged> = logged
        .iter()
        .filter(|statement| statement.backend == backend)
        .collect();
    let (before, rest) = own.split_at_checked(own.iter().position(is_it)?)?;
    let begin = before.iter().rposition(|statement| is_edge(statement));
    let begins = |place: &usize| {
        before
            .get(*place)
            .is_some_and(|edge| edge.text.starts_with("BEGIN"))
    };
    let Some(begin) = begin.filter(begins) else {
        return rest.first().map(|&statement| vec![statement.clone()]);
    };
    let end = rest.iter().position(|statement| is_edge(statement))?;
    let whole = before.iter().skip(begin).chain(rest.iter().take(end + 1));
    Some(whole.map(|&statement| statement.clone()).collect())
}

/// Whether a transaction begins or ends there.
fn is_edge(statement: &Logged) -> bool {
    ["BEGIN", "COMMIT", "ROLLBACK"]
        .iter()
        .any(|edge| statement.text.starts_with(edge))
}

/// The statements as `pgbench` runs them. Its own random numbers become ids, which takes no statement more.
fn script(statements: &[Logged], begun: DateTime<Utc>, varied: &[Varied]) -> String {
    let mut made: BTreeMap<Uuid, String> = BTreeMap::new();
    let mut body = String::new();
    for statement in statements {
        let literals = statement.parameters.iter().map(|literal| {
            let text = literal.trim_matches('\'');
            if let Some(place) = varied.iter().position(|varied| varied.value == text) {
                return varied.get(place).map_or_else(String::new, |varied| {
                    format!("({})", (varied.expression)(&format!(":any{place}::bigint")))
                });
            }
            let Some(id) = text.parse().ok().filter(|id| is_fresh(*id, begun)) else {
                return without_colons(literal);
            };
            let next = format!("id{}", made.len() + 1);
            let name = made.entry(id).or_insert(next);
            format!("((lpad(to_hex(:{name}::bigint), 16, '0') || '{ID_END}')::uuid)")
        });
        let literals: Vec<_> = literals.collect();
        body.push_str(&with_literals(&statement.text, &literals));
        body.push_str(";\n");
    }
    let numbers = made
        .values()
        .map(|name| format!("\\set {name} random(1, 9223372036854775806)\n"));
    let choices = varied
        .iter()
        .enumerate()
        .map(|(place, varied)| format!("\\set any{place} random(1, {})\n", varied.most));
    let head: String = choices.chain(numbers).collect();
    format!("{head}{body}")
}

/// A literal in which `pgbench` sees no names of variables.
fn without_colons(literal: &str) -> String {
    if !literal.contains(':') {
        return literal.to_owned();
    }
    format!("E{}", literal.replace('\\', r"\\").replace(':', r"\x3a"))
}

/// Whether an id was made since then: a UUIDv7 has its time in it.
fn is_fresh(id: Uuid, begun: DateTime<Utc>) -> bool {
    let Some(made) = id.get_timestamp().filter(|_| id.get_version_num() == 7) else {
        return false;
    };
    let (seconds, _) = made.to_unix();
    i64::try_from(seconds).is_ok_and(|seconds| seconds >= begun.timestamp())
}

/// Puts literals where `$1`, `$2` … stand. The text has them nowhere else: our statements have no quoted dollars.
fn with_literals(text: &str, literals: &[String]) -> String {
    let mut whole = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('$') {
        whole.push_str(before);
        let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = behind.split_at(digits);
        let literal = number
            .parse::<usize>()
            .ok()
            .and_then(|number| literals.get(number.checked_sub(1)?));
        match literal {
            Some(literal) => whole.push_str(literal),
            None => {
                whole.push('$');
                whole.push_str(number);
            }
        }
        rest = after;
    }
    whole.push_str(rest);
    whole.replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
2026-11-21 22:00:00.000 UTC [7] LOG:  statement: BEGIN
2026-11-21 22:00:00.001 UTC [8] LOG:  statement: SELECT 1
2026-11-21 22:00:00.002 UTC [7] LOG:  execute s1: INSERT INTO posts (id, text, parent)
\tVALUES ($1, $2, $3)
2026-11-21 22:00:00.002 UTC [7] DETAIL:  parameters: $1 = '0198a000-0000-7000-8000-000000000001', $2 = 'it''s: so', $3 = NULL
2026-11-21 22:00:00.003 UTC [7] LOG:  statement: COMMIT
";

    #[test]
    fn a_log_becomes_a_script() {
        let logged = parse(LOG);
        assert_eq!(logged.len(), 4);
        let own = transaction(&logged, "INSERT INTO posts").unwrap();
        assert_eq!(own.len(), 3);
        let id = "0198a000-0000-7000-8000-000000000001";
        let (seconds, _) = id
            .parse::<Uuid>()
            .unwrap()
            .get_timestamp()
            .unwrap()
            .to_unix();
        let begun = DateTime::from_timestamp(i64::try_from(seconds).unwrap(), 0).unwrap();
        let expected = "\\set id1 random(1, 9223372036854775806)\n\
            BEGIN;\n\
            INSERT INTO posts (id, text, parent) \tVALUES \
            (((lpad(to_hex(:id1::bigint), 16, '0') || '8000a0b0c0d0e0f0')::uuid), E'it''s\\x3a so', NULL);\n\
            COMMIT;\n";
        assert_eq!(script(&own, begun, &[]), expected);
        let later = begun + chrono::TimeDelta::seconds(1);
        assert!(script(&own, later, &[]).starts_with("BEGIN;"));
        let varied = Varied {
            value: id.to_owned(),
            most: 9,
            expression: |number| format!("id_of({number})"),
        };
        let script = script(&own, later, &[varied]);
        assert!(
            script.starts_with("\\set any0 random(1, 9)\nBEGIN;"),
            "{script}"
        );
        assert!(
            script.contains("VALUES ((id_of(:any0::bigint)), E'it"),
            "{script}"
        );
    }

    #[test]
    fn a_statement_alone_has_no_transaction() {
        let alone = transaction(&parse(LOG), "SELECT 1").unwrap();
        assert_eq!(alone.len(), 1);
        assert_eq!(transaction(&parse(LOG), "SELECT 2"), None);
    }

    #[test]
    fn what_pgbench_says_is_read() {
        let said = "latency average = 2.500 ms\ninitial connection time = 9 ms\ntps = 400.25 (without initial connection time)\n";
        assert!((rate(said).unwrap() - 400.25).abs() < 0.01);
    }
}
