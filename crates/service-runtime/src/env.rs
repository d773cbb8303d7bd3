//! Reading variables, with errors that say which one is wrong.

use std::collections::HashMap;
use std::fmt::Display;
use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::Arc;

use secrecy::SecretString;

/// A variable is missing or wrong. Shown as one line that begins with its name; never shows its value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable} {problem}")]
pub struct ConfigError {
    /// The name of the variable.
    pub variable: String,
    /// What is wrong, as the end of a sentence: "is not set".
    pub problem: String,
}

impl ConfigError {
    /// Names a variable and its problem.
    pub fn new(variable: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            variable: variable.into(),
            problem: problem.into(),
        }
    }
}

/// The variables of the process, or those that a test gives.
///
/// Each variable may also be given as `<NAME>_FILE`, the path of a file whose text, without the last line break, is the value.
/// An empty value counts as not set.
#[derive(Clone)]
pub struct Env(Arc<HashMap<String, String>>);

impl Env {
    /// The variables of this process.
    #[must_use]
    pub fn of_process() -> Self {
        Self(Arc::new(
            std::env::vars_os()
                .filter_map(|(name, value)| {
                    Some((name.into_string().ok()?, value.into_string().ok()?))
                })
                .collect(),
        ))
    }

    /// These variables and no others.
    pub fn of_pairs<N: Into<String>, V: Into<String>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        Self(Arc::new(
            pairs
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        ))
    }

    /// The same variables and one more, or another value for it.
    #[must_use]
    pub fn with(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let mut variables = Arc::unwrap_or_clone(self.0);
        variables.insert(name.into(), value.into());
        Self(Arc::new(variables))
    }

    /// Whether the variable has a value.
    #[must_use]
    pub fn is_set(&self, name: &str) -> bool {
        self.plain(name).is_some() || self.plain(&file_variable(name)).is_some()
    }

    /// The value, if there is one.
    ///
    /// # Errors
    /// When `<NAME>_FILE` names a file that can't be read, or both are set.
    pub fn optional(&self, name: &str) -> Result<Option<String>, ConfigError> {
        let file = file_variable(name);
        match (self.plain(name), self.plain(&file)) {
            (Some(_), Some(_)) => Err(ConfigError::new(name, format!("and {file} are both set"))),
            (Some(value), None) => Ok(Some(value.to_owned())),
            (None, Some(path)) => std::fs::read_to_string(path)
                .map(|text| Some(text.trim_end_matches(['\r', '\n']).to_owned()))
                .map_err(|error| ConfigError::new(file, format!("can't be read: {error}"))),
            (None, None) => Ok(None),
        }
    }

    /// The value, or the default.
    ///
    /// # Errors
    /// As [`Env::optional`].
    pub fn string(&self, name: &str, default: &str) -> Result<String, ConfigError> {
        Ok(self.optional(name)?.unwrap_or_else(|| default.to_owned()))
    }

    /// The value, which must be there.
    ///
    /// # Errors
    /// As [`Env::optional`], and when it is not set.
    pub fn required(&self, name: &str) -> Result<String, ConfigError> {
        self.optional(name)?
            .ok_or_else(|| ConfigError::new(name, "is not set"))
    }

    /// A secret, if there is one.
    ///
    /// # Errors
    /// As [`Env::optional`].
    pub fn secret(&self, name: &str) -> Result<Option<SecretString>, ConfigError> {
        Ok(self.optional(name)?.map(SecretString::from))
    }

    /// A secret, which must be there.
    ///
    /// # Errors
    /// As [`Env::required`].
    pub fn required_secret(&self, name: &str) -> Result<SecretString, ConfigError> {
        self.required(name).map(SecretString::from)
    }

    /// A number that is at least 1, or the default.
    ///
    /// # Errors
    /// As [`Env::number`], and when it is less.
    pub fn at_least_one(&self, name: &str, default: usize) -> Result<usize, ConfigError> {
        match self.number(name, default)? {
            0 => Err(ConfigError::new(name, "must be at least 1")),
            number => Ok(number),
        }
    }

    /// A number, or the default.
    ///
    /// # Errors
    /// As [`Env::optional`], and when it is no such number.
    pub fn number<T: FromStr + Display>(&self, name: &str, default: T) -> Result<T, ConfigError> {
        self.parsed(name, "is not a number in range")
            .map(|found| found.unwrap_or(default))
    }

    /// true/false, 1/0, yes/no or on/off, or the default.
    ///
    /// # Errors
    /// As [`Env::optional`], and when it is none of these.
    pub fn flag(&self, name: &str, default: bool) -> Result<bool, ConfigError> {
        match self.optional(name)?.map(|text| text.to_ascii_lowercase()) {
            None => Ok(default),
            Some(text) => match text.as_str() {
                "true" | "1" | "yes" | "on" => Ok(true),
                "false" | "0" | "no" | "off" => Ok(false),
                _ => Err(ConfigError::new(name, "is neither true nor false")),
            },
        }
    }

    /// An address with port such as `127.0.0.1:50051`, if there is one.
    ///
    /// # Errors
    /// As [`Env::optional`], and when it is no such address.
    pub fn address(&self, name: &str) -> Result<Option<SocketAddr>, ConfigError> {
        self.parsed(name, "is not an address such as 127.0.0.1:50051")
    }

    fn parsed<T: FromStr>(&self, name: &str, problem: &str) -> Result<Option<T>, ConfigError> {
        self.optional(name)?
            .map(|text| {
                text.trim()
                    .parse()
                    .map_err(|_| ConfigError::new(name, problem))
            })
            .transpose()
    }

    fn plain(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }
}

fn file_variable(name: &str) -> String {
    format!("{name}_FILE")
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn an_error_begins_with_the_name_and_hides_the_value() {
        let env = Env::of_pairs([("PORT", "many")]);
        let error = env.number("PORT", 1u16).unwrap_err().to_string();
        assert_eq!(error, "PORT is not a number in range");
        assert_eq!(
            env.required("HOST").unwrap_err().to_string(),
            "HOST is not set"
        );
    }

    #[test]
    fn a_secret_may_stand_in_a_file() {
        let file = std::env::temp_dir().join(format!("oruma-env-{}", std::process::id()));
        std::fs::write(&file, "quiet\n").unwrap();
        let env = Env::of_pairs([("KEY_FILE", file.to_str().unwrap())]);
        let key = env.required_secret("KEY").unwrap();
        std::fs::remove_file(&file).unwrap();
        assert_eq!(key.expose_secret(), "quiet");
        let gone = env.required_secret("KEY").unwrap_err();
        assert_eq!(gone.variable, "KEY_FILE");
    }

    #[test]
    fn both_forms_at_once_are_refused() {
        let env = Env::of_pairs([("KEY", "a"), ("KEY_FILE", "b")]);
        assert!(env.optional("KEY").is_err());
    }

    #[test]
    fn empty_is_not_set() {
        let env = Env::of_pairs([("KEY", "")]);
        assert_eq!(env.string("KEY", "default").unwrap(), "default");
        assert!(!env.is_set("KEY"));
    }
}
