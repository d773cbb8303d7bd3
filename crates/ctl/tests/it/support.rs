//! An installation whose services do not run, and the program that looks after it.

use std::io::Write;
use std::process::{Command, Stdio};

use oruma_service_test_kit::Tables;
use oruma_test_kit::TestDatabase;
use serde_json::Value;

/// What the program answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) text: String,
    pub(crate) problem: String,
}

/// One database with the tables of all services.
pub(crate) struct Installation {
    pub(crate) database: TestDatabase,
    pub(crate) tables: Tables,
    variables: Vec<(String, String)>,
}

impl Installation {
    /// Without tables.
    pub(crate) async fn empty() -> Self {
        let database = TestDatabase::create_empty("auth").await;
        Self {
            tables: Tables::of(&database),
            variables: vec![
                ("DATABASE_URL".to_owned(), database.url().to_owned()),
                ("USER".to_owned(), "grace".to_owned()),
            ],
            database,
        }
    }

    /// With all tables, by the program itself.
    pub(crate) async fn new() -> Self {
        let installation = Self::empty().await;
        let migrated = installation.ctl(&["migrate"]);
        assert_eq!(migrated.code, 0, "{}", migrated.problem);
        installation
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Runs the program to its end.
    pub(crate) fn ctl(&self, arguments: &[&str]) -> Answer {
        self.ctl_reading(arguments, "")
    }

    /// The same, with something on its standard input.
    pub(crate) fn ctl_reading(&self, arguments: &[&str], input: &str) -> Answer {
        let mut child = Command::new(env!("CARGO_BIN_EXE_oruma-ctl"))
            .args(arguments)
            .env_clear()
            .envs(self.variables.iter().cloned())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // One that needs no input may be gone by now.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        Answer {
            code: output.status.code().unwrap(),
            text: String::from_utf8(output.stdout).unwrap(),
            problem: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// What the program answers in JSON, when it succeeds.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let answer = self.ctl(&[arguments, &["--json"]].concat());
        assert_eq!(answer.code, 0, "{answer:?}");
        answer.json()
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// That the program failed with one plain line.
    pub(crate) fn failed(&self, code: i32, problem: &str) {
        assert_eq!(
            (self.code, self.problem.as_str()),
            (code, format!("oruma-ctl: {problem}\n").as_str())
        );
    }
}
