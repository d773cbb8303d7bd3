//! The program as people run it.

use std::process::Command;

use serde_json::Value;

/// Takes about a minute, and needs PostgreSQL with `pgbench`, Redis, RabbitMQ, and the other programs beside this one.
#[test]
#[ignore = "it starts everything: cargo build --workspace --bins && cargo test -p oruma-bench --test it -- --ignored"]
fn a_quick_run_writes_figures_beside_their_limits() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let file = folder.path().join("figures.json");
    let status = Command::new(env!("CARGO_BIN_EXE_oruma-bench"))
        .args(["--quick", "--only", "feed", "--json"])
        .arg(&file)
        .arg("--folder")
        .arg(folder.path().join("servers"))
        .status()
        .unwrap();
    assert!(status.success());
    let report: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let chapter = &report["chapters"][0];
    assert_eq!(chapter["name"], "feed");
    assert_eq!(chapter.get("failure"), None);
    let figures = chapter["figures"].as_array().unwrap();
    assert!(figures.len() >= 4, "{chapter}");
    for figure in figures {
        assert!(figure["value"].as_f64().unwrap() > 0.0, "{figure}");
        assert!(figure["limit"]["value"].as_f64().unwrap() > 0.0, "{figure}");
    }
}

#[test]
fn a_name_that_no_measurement_has_is_refused() {
    let output = Command::new(env!("CARGO_BIN_EXE_oruma-bench"))
        .args(["--only", "fed"])
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("there is no measurement \"fed\""), "{said}");
}

#[test]
fn the_measurements_are_named() {
    let output = Command::new(env!("CARGO_BIN_EXE_oruma-bench"))
        .arg("--list")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    for name in ["feed", "posts", "sign_ins", "growth", "overload", "start"] {
        assert!(said.lines().any(|line| line.starts_with(name)), "{said}");
    }
}
