//! What is wrong with a request, gathered while it is read.

use oruma_rpc_error::Violation;

use crate::{Lines, plain};

/// Each field at fault with its problem, so that a client is told of all at once.
#[derive(Debug, Default)]
pub struct Faults(Vec<Violation>);

impl Faults {
    /// One more.
    pub fn add(&mut self, field: impl Into<String>, problem: impl Into<String>) {
        self.0.push(Violation::new(field, problem));
    }

    /// Whether nothing is wrong so far.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A text of at most `most` characters that may be empty. Empty when it is at fault.
    pub fn text(&mut self, field: &str, text: &str, lines: Lines, most: usize) -> String {
        plain(text, lines, most).unwrap_or_else(|problem| {
            self.add(field, problem.to_string());
            String::new()
        })
    }

    /// A text of at most `most` characters that must say something. Empty when it is at fault.
    pub fn needed(&mut self, field: &str, text: &str, lines: Lines, most: usize) -> String {
        match plain(text, lines, most) {
            Ok(text) if text.is_empty() => self.add(field, "is required"),
            Ok(text) => return text,
            Err(problem) => self.add(field, problem.to_string()),
        }
        String::new()
    }

    /// The value, unless something is wrong.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn or<T>(self, value: T) -> Result<T, Vec<Violation>> {
        if self.0.is_empty() {
            Ok(value)
        } else {
            Err(self.0)
        }
    }

    /// Every field at fault.
    #[must_use]
    pub fn into_violations(self) -> Vec<Violation> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_faults_are_told_at_once() {
        let mut faults = Faults::default();
        assert_eq!(faults.needed("title", " a ", Lines::One, 5), "a");
        assert_eq!(faults.text("place", "", Lines::One, 5), "");
        assert!(faults.is_empty());
        assert_eq!(faults.needed("title", " ", Lines::One, 5), "");
        assert_eq!(faults.text("place", "a\nb", Lines::One, 5), "");
        let named: Vec<String> = faults
            .or(())
            .unwrap_err()
            .into_iter()
            .map(|fault| fault.field)
            .collect();
        assert_eq!(named, ["title", "place"]);
    }
}
