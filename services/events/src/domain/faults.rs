//! What is wrong with a request, gathered while it is read.

use oruma_rpc_error::Violation;
use oruma_text::{Lines, plain};

/// Each field at fault with its problem.
#[derive(Default)]
pub(super) struct Faults(pub(super) Vec<Violation>);

impl Faults {
    pub(super) fn add(&mut self, field: impl Into<String>, problem: impl Into<String>) {
        self.0.push(Violation::new(field, problem));
    }

    /// A text that may be empty.
    pub(super) fn text(&mut self, field: &str, text: &str, lines: Lines, most: usize) -> String {
        plain(text, lines, most).unwrap_or_else(|problem| {
            self.add(field, problem.to_string());
            String::new()
        })
    }

    /// A text that must say something.
    pub(super) fn needed(&mut self, field: &str, text: &str, lines: Lines, most: usize) -> String {
        match plain(text, lines, most) {
            Ok(text) if text.is_empty() => self.add(field, "is required"),
            Ok(text) => return text,
            Err(problem) => self.add(field, problem.to_string()),
        }
        String::new()
    }

    /// The value, unless something is at fault.
    pub(super) fn or<T>(self, value: T) -> Result<T, Vec<Violation>> {
        if self.0.is_empty() {
            Ok(value)
        } else {
            Err(self.0)
        }
    }
}
