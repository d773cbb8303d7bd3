//! Where the binaries are.

use std::path::PathBuf;

use oruma_service_runtime::Env;

/// The path of a binary such as `oruma-auth`: in `ORUMA_BIN_DIR`, else in the folder where cargo builds the one that is running.
///
/// # Panics
/// When it has not been built.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    let path = folder().join(name);
    assert!(
        path.is_file(),
        "{} is missing: cargo build --workspace --bins first",
        path.display()
    );
    path
}

fn folder() -> PathBuf {
    let named = Env::of_process()
        .optional("ORUMA_BIN_DIR")
        .expect("ORUMA_BIN_DIR is readable");
    if let Some(folder) = named {
        return folder.into();
    }
    let running = std::env::current_exe().expect("a running program has a path");
    let folder = running.parent().expect("it lies in a folder");
    // Tests and examples lie in target/debug/deps and its sibling, beside which target/debug/oruma lies.
    let inner = ["deps", "examples"].map(std::ffi::OsStr::new);
    match (folder.file_name(), folder.parent()) {
        (Some(name), Some(parent)) if inner.contains(&name) => parent.to_owned(),
        _ => folder.to_owned(),
    }
}
