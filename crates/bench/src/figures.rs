//! What a measurement found.

use std::time::Duration;

use serde::Serialize;

use crate::cpu::Shares;
use crate::load::Measured;

/// Which of two values is the better one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// The greater one.
    Higher,
    /// The smaller one.
    Lower,
}

/// What is compared with, measured in the same run on the same machine.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Limit {
    /// What it is.
    pub name: String,
    /// In the unit of the figure.
    pub value: f64,
}

/// What is wanted of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Of its ratio to the limit.
    Ratio(f64),
    /// Of its value.
    Value(f64),
}

/// Times within which shares of the pieces of work were done.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Times {
    /// Half of them, in microseconds.
    pub p50: u64,
    /// 90 of 100.
    pub p90: u64,
    /// 99 of 100.
    pub p99: u64,
    /// 999 of 1,000.
    pub p999: u64,
    /// All of them.
    pub most: u64,
}

/// One figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// What it says.
    pub name: String,
    /// How much.
    pub value: f64,
    /// Of what.
    pub unit: String,
    /// What would be an improvement.
    pub better: Better,
    /// What it is compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Limit>,
    /// The value by that of the limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// What is wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// Processor time of one piece of work, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Shares>,
    /// How long the pieces of work took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<Times>,
    /// What one must know to read it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
}

// === impl Figure ===

impl Figure {
    /// A figure that should be great.
    #[must_use]
    pub fn higher(name: &str, value: f64, unit: &str) -> Self {
        Self::new(name, value, unit, Better::Higher)
    }

    /// A figure that should be small.
    #[must_use]
    pub fn lower(name: &str, value: f64, unit: &str) -> Self {
        Self::new(name, value, unit, Better::Lower)
    }

    /// A time that should be short, in milliseconds.
    #[must_use]
    pub fn time(name: &str, value: Duration) -> Self {
        Self::lower(name, milliseconds(value), "ms")
    }

    fn new(name: &str, value: f64, unit: &str, better: Better) -> Self {
        Self {
            name: name.to_owned(),
            value,
            unit: unit.to_owned(),
            better,
            limit: None,
            ratio: None,
            target: None,
            cpu: None,
            times: None,
            note: String::new(),
        }
    }

    /// Compared with what was measured in the same run, in the same unit.
    #[must_use]
    pub fn against(mut self, name: &str, value: f64) -> Self {
        self.limit = Some(Limit {
            name: name.to_owned(),
            value,
        });
        self.ratio = (value.abs() > f64::EPSILON).then(|| self.value / value);
        self
    }

    /// Wanted of the ratio: at least that where more is better, else at most.
    #[must_use]
    pub fn wanted_ratio(mut self, ratio: f64) -> Self {
        self.target = Some(Target::Ratio(ratio));
        self
    }

    /// Wanted of the value: at least that where more is better, else at most.
    #[must_use]
    pub fn wanted(mut self, value: f64) -> Self {
        self.target = Some(Target::Value(value));
        self
    }

    /// With the processor time of a piece of work.
    #[must_use]
    pub fn cpu(mut self, shares: Shares) -> Self {
        self.cpu = Some(shares);
        self
    }

    /// With the times of the pieces of work that were done.
    #[must_use]
    pub fn times(mut self, measured: &Measured) -> Self {
        self.times = Some(Times {
            p50: micros(measured.at(0.5)),
            p90: micros(measured.at(0.9)),
            p99: micros(measured.at(0.99)),
            p999: micros(measured.at(0.999)),
            most: micros(measured.at(1.0)),
        });
        self
    }

    /// With a remark.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// Whether it is as wanted; nothing where nothing is wanted.
    #[must_use]
    pub fn is_met(&self) -> Option<bool> {
        let (found, wanted) = match self.target? {
            Target::Ratio(wanted) => (self.ratio?, wanted),
            Target::Value(wanted) => (self.value, wanted),
        };
        Some(match self.better {
            Better::Higher => found >= wanted,
            Better::Lower => found <= wanted,
        })
    }
}

/// A time as a number of milliseconds.
#[must_use]
pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_of_the_ratio_or_of_the_value() {
        let figure = Figure::higher("reads", 80.0, "/s").against("alone", 100.0);
        assert_eq!(figure.is_met(), None);
        assert_eq!(figure.clone().wanted_ratio(0.75).is_met(), Some(true));
        assert_eq!(figure.clone().wanted_ratio(0.9).is_met(), Some(false));
        assert_eq!(figure.wanted(80.0).is_met(), Some(true));
        let slow = Figure::time("p99", Duration::from_millis(9));
        assert_eq!(slow.clone().wanted(8.0).is_met(), Some(false));
        assert_eq!(
            slow.against("quiet", 6.0).wanted_ratio(2.0).is_met(),
            Some(true)
        );
    }

    #[test]
    fn nothing_is_compared_with_nothing() {
        let figure = Figure::higher("reads", 80.0, "/s").against("alone", 0.0);
        assert_eq!(figure.ratio, None);
        assert_eq!(figure.wanted_ratio(0.5).is_met(), None);
    }
}
