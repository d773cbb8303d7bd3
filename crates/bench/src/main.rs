#![doc = include_str!("../README.md")]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program that people run to see its figures"
)]

mod asking;
mod cpu;
mod effort;
mod figures;
mod lab;
mod load;
mod machine;
mod measurements;
mod raw_broker;
mod report;
mod rivals;
mod sockets;
mod statements;
mod wire;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, bail};
use clap::Parser;

use crate::effort::Effort;
use crate::lab::Lab;
use crate::machine::Machine;
use crate::measurements::{ALL, Measurement};
use crate::report::{Chapter, Report};
use crate::rivals::Other;

/// Measures the platform beside what limits it, in one run on one machine.
///
/// Programs are those in ORUMA_BIN_DIR, or beside this one.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Only these measurements, by their names
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    only: Vec<String>,
    /// Short runs, which show whether all works and little else
    #[arg(long)]
    quick: bool,
    /// Write the figures there as well
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Print tables for a page of documentation
    #[arg(long)]
    markdown: bool,
    /// Name the measurements, and make none
    #[arg(long)]
    list: bool,
    /// Where the servers keep their data while it runs: on the disk that is meant
    #[arg(long, value_name = "FOLDER", default_value = lab::FOLDER)]
    folder: PathBuf,
    #[command(subcommand)]
    other: Option<Other>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if let Some(Other::Serve { kind, source }) = arguments.other {
        return rivals::serve(kind, &source).await;
    }
    if arguments.list {
        for measurement in ALL {
            println!("{:14} {}", measurement.name, measurement.about);
        }
        return Ok(());
    }
    let chosen = chosen(&arguments.only)?;
    let effort = if arguments.quick {
        Effort::quick()
    } else {
        Effort::full()
    };
    let report = run(&chosen, effort, &arguments.folder).await?;
    if let Some(file) = arguments.json {
        std::fs::write(file, serde_json::to_vec_pretty(&report)?)?;
    }
    if arguments.markdown {
        println!("{}", report.markdown());
    } else {
        println!("{}", report.text());
    }
    Ok(())
}

fn chosen(names: &[String]) -> Result<Vec<&'static Measurement>> {
    for name in names {
        if !ALL.iter().any(|measurement| measurement.name == name) {
            bail!("there is no measurement {name:?}: --list names them");
        }
    }
    let is_chosen = |measurement: &&Measurement| {
        names.is_empty() || names.iter().any(|name| name == measurement.name)
    };
    Ok(ALL.iter().filter(is_chosen).collect())
}

/// Makes the measurements one after the other. One that fails is told in the report, and the next is made.
async fn run(
    chosen: &[&'static Measurement],
    effort: Effort,
    folder: &std::path::Path,
) -> Result<Report> {
    eprintln!("starting servers and processes, and filling them …");
    let lab = Arc::new(Lab::open(folder).await?);
    let machine = Machine::look(&lab).await;
    let mut chapters = Vec::new();
    for &measurement in chosen {
        eprintln!("{}: {} …", measurement.name, measurement.about);
        let (task_lab, task_effort) = (Arc::clone(&lab), effort.clone());
        let measured =
            tokio::spawn(async move { (measurement.measure)(&task_lab, &task_effort).await });
        let outcome = match measured.await {
            Ok(Ok(figures)) => Ok(figures),
            Ok(Err(error)) => Err(format!("{error:#}")),
            Err(panic) => Err(panic.to_string()),
        };
        let chapter = Chapter::new(measurement.name, measurement.about, outcome);
        eprintln!("{}", chapter.text());
        chapters.push(chapter);
        if let Err(error) = lab.settle().await {
            eprintln!("{}: {error:#}", measurement.name);
        }
    }
    Ok(Report { machine, chapters })
}
