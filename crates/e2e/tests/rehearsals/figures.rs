//! What a rehearsal found: a table for people, JSON for machines.

use std::collections::BTreeMap;
use std::path::PathBuf;

use oruma_service_runtime::Env;
use serde_json::{Value, json};

/// One fault.
#[derive(Debug)]
pub(crate) struct FaultFigures {
    pub(crate) name: String,
    /// Seconds since the load began.
    pub(crate) at: f64,
    /// How long its cause lasted, in seconds.
    pub(crate) lasted: f64,
    /// From the end of its cause until all kinds of work had succeeded again, in seconds.
    pub(crate) recovered: f64,
    /// Attempts that failed meanwhile, by work and answer.
    pub(crate) errors: BTreeMap<String, usize>,
}

/// What the audit found.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// What people were told is done: things made, and how things stand.
    pub(crate) acknowledged: usize,
    /// What was told to be done and is not there.
    pub(crate) lost: Vec<String>,
    /// What is there, or was told, more than once.
    pub(crate) doubled: Vec<String>,
    /// Of which nobody was told what became of it.
    pub(crate) unknown: usize,
    /// Other promises that were broken.
    pub(crate) broken: Vec<String>,
    /// How much of what was looked at.
    pub(crate) seen: BTreeMap<String, usize>,
}

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) faults: Vec<FaultFigures>,
    pub(crate) findings: Findings,
    pub(crate) statuses: BTreeMap<u16, usize>,
    pub(crate) restarts: usize,
    pub(crate) seconds: f64,
}

impl Figures {
    /// Seconds to recover, the least first.
    fn recoveries(&self) -> Vec<f64> {
        let mut all: Vec<f64> = self.faults.iter().map(|fault| fault.recovered).collect();
        all.sort_by(f64::total_cmp);
        all
    }

    fn median(&self) -> f64 {
        let all = self.recoveries();
        all.get(all.len() / 2).copied().unwrap_or_default()
    }

    fn worst(&self) -> f64 {
        self.recoveries().last().copied().unwrap_or_default()
    }

    /// Shows the table, and keeps the JSON where `ORUMA_REHEARSAL_FIGURES` says.
    pub(crate) fn tell(&self) {
        let head = [
            "fault",
            "at s",
            "lasted s",
            "recovered s",
            "failed attempts",
        ];
        println!(
            "\n{:<36} {:>6} {:>9} {:>12}  {}",
            head[0], head[1], head[2], head[3], head[4]
        );
        for fault in &self.faults {
            let errors: usize = fault.errors.values().sum();
            println!(
                "{:<36} {:>6.0} {:>9.1} {:>12.1}  {errors}",
                fault.name, fault.at, fault.lasted, fault.recovered
            );
        }
        let found = &self.findings;
        println!(
            "\nfaults {}, writes acknowledged {}, lost {}, doubled {}, unknown {}, other promises broken {}",
            self.faults.len(),
            found.acknowledged,
            found.lost.len(),
            found.doubled.len(),
            found.unknown,
            found.broken.len()
        );
        println!(
            "recovered after (median) {:.1} s, (worst) {:.1} s; {:.0} s in all; processes that ended by themselves {}; answers {:?}",
            self.median(),
            self.worst(),
            self.seconds,
            self.restarts,
            self.statuses
        );
        println!("looked at: {:?}", found.seen);
        for (what, all) in [
            ("LOST", &found.lost),
            ("DOUBLED", &found.doubled),
            ("BROKEN", &found.broken),
        ] {
            all.iter().for_each(|one| println!("{what}: {one}"));
        }
        let path = Env::of_process().optional("ORUMA_REHEARSAL_FIGURES");
        if let Some(path) = path.expect("ORUMA_REHEARSAL_FIGURES is readable") {
            let path = PathBuf::from(path);
            std::fs::write(path, format!("{:#}\n", self.json())).expect("the figures are kept");
        }
    }

    fn json(&self) -> Value {
        let faults: Vec<Value> = self
            .faults
            .iter()
            .map(|fault| {
                json!({"name": fault.name, "atSeconds": fault.at, "lastedSeconds": fault.lasted,
                       "recoveredSeconds": fault.recovered, "failedAttempts": fault.errors})
            })
            .collect();
        let found = &self.findings;
        json!({
            "faults": faults,
            "acknowledged": found.acknowledged,
            "lost": found.lost,
            "doubled": found.doubled,
            "unknown": found.unknown,
            "broken": found.broken,
            "seen": found.seen,
            "recoveredSeconds": {"median": self.median(), "worst": self.worst()},
            "answers": self.statuses,
            "endedByThemselves": self.restarts,
            "seconds": self.seconds,
        })
    }
}
