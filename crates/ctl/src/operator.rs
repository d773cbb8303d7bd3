//! Who uses this program, and what they are told when something is refused.

use clap::Args;
use oruma_auth::Error as AuthError;
use oruma_service_runtime::Env;

/// Longest name that is kept.
const LONGEST: usize = 100;

/// Who uses this program.
#[derive(Debug, Clone, Args)]
pub(crate) struct Operator {
    /// Who does it, for the access log; the name of the system's user by default
    #[arg(long, value_name = "NAME", global = true, default_value_t = user_of_system())]
    by: String,
}

impl Operator {
    /// The name.
    pub(crate) fn name(&self) -> &str {
        &self.by
    }
}

fn user_of_system() -> String {
    let env = Env::of_process();
    let named = ["USER", "LOGNAME"]
        .into_iter()
        .find_map(|name| env.optional(name).ok().flatten());
    let name = named.unwrap_or_else(|| "unknown".to_owned());
    name.chars().take(LONGEST).collect()
}

/// Why auth refused, in one line that names the field.
pub(crate) fn refusal(error: AuthError) -> anyhow::Error {
    match error {
        AuthError::Invalid(violations) => {
            let faults = violations
                .into_iter()
                .map(|fault| format!("{} {}", fault.field, fault.problem));
            anyhow::Error::msg(faults.collect::<Vec<_>>().join("; "))
        }
        AuthError::UserNotFound => anyhow::anyhow!("nobody has that address or id"),
        other => other.into(),
    }
}
