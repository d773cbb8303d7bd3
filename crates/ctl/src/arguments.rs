//! What can be asked for.

use clap::{Parser, Subcommand};
use oruma_service_runtime::version_of;

use crate::admin::AdminArguments;
use crate::dead_letters::DeadLettersArguments;
use crate::migrations::{MigrateArguments, MigrationsArguments};
use crate::operator::Operator;
use crate::outbox::OutboxArguments;
use crate::person::PersonArguments;
use crate::verify::VerifyArguments;
use crate::{FAILED, UNUSABLE};

/// Looks after an installation of Oruma.
///
/// Works on the databases of the services, in both ways to run, while they run or not. Settings come from the environment, and are those of the services:
/// DATABASE_URL (or AUTH_DATABASE_URL, SOCIAL_DATABASE_URL, … for a service with a database of its own), and RABBITMQ_URL and REDIS_URL where there are such
/// servers. Each may be given as <NAME>_FILE.
#[derive(Debug, Parser)]
#[command(name = "oruma-ctl", version = version_of(env!("CARGO_PKG_VERSION")))]
pub(crate) struct Arguments {
    /// Answer in JSON, one document on standard output
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) operator: Operator,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Admin(AdminArguments),
    DeadLetters(DeadLettersArguments),
    Outbox(OutboxArguments),
    Verify(VerifyArguments),
    Person(PersonArguments),
    Migrate(MigrateArguments),
    Migrations(MigrationsArguments),
}

impl Verb {
    /// What the process ends with when the verb fails.
    pub(crate) const fn exit_code_of_failure(&self) -> u8 {
        match self {
            // 1 says that something deviates.
            Self::Verify(_) => UNUSABLE,
            _ => FAILED,
        }
    }
}
