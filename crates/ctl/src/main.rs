#![doc = include_str!("../README.md")]

mod admin;
mod apps;
mod arguments;
mod dead_letters;
mod installation;
mod migrations;
mod operator;
mod outbox;
mod output;
mod person;
mod times;
mod verify;

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use oruma_service_runtime::{ConfigError, Env};

use arguments::{Arguments, Verb};
use installation::Installation;
use output::{Output, complain};

/// What was asked for was done, or is as it should be.
const DONE: u8 = 0;
/// It could not be done, or is not as it should be.
const FAILED: u8 = 1;
/// A variable or an argument is wrong, or nobody could look.
const UNUSABLE: u8 = 2;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let failed = arguments.verb.exit_code_of_failure();
    match run(arguments) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            complain(&format!("{error:#}"));
            let unusable = error.chain().any(|cause| cause.is::<ConfigError>());
            ExitCode::from(if unusable { UNUSABLE } else { failed })
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<u8> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("no threads can be started")?;
    runtime.block_on(async {
        let installation = Installation::of(Env::of_process());
        let output = Output::new(arguments.json);
        let operator = arguments.operator;
        match arguments.verb {
            Verb::Admin(asked) => admin::run(&installation, output, &operator, asked).await,
            Verb::DeadLetters(asked) => dead_letters::run(&installation, output, asked).await,
            Verb::Outbox(asked) => outbox::run(&installation, output, &asked).await,
            Verb::Verify(asked) => verify::run(&installation, output, &asked).await,
            Verb::Person(asked) => person::run(&installation, output, &operator, asked).await,
            Verb::Migrate(asked) => migrations::migrate(&installation, output, &asked).await,
            Verb::Migrations(asked) => migrations::show(&installation, output, &asked).await,
        }
    })
}
