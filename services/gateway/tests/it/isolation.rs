//! A contract is a folder of its own: none imports another, so that one can change without the others.

use std::fs;
use std::path::{Path, PathBuf};

fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(path)
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .flat_map(|path| {
            if path.is_dir() {
                rust_files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

fn contracts() -> Vec<String> {
    fs::read_dir(source("contracts"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect()
}

#[test]
fn no_contract_imports_another() {
    let contracts = contracts();
    assert!(contracts.contains(&"oruma".to_owned()));
    for contract in &contracts {
        for file in rust_files(&source("contracts").join(contract)) {
            let text = fs::read_to_string(&file).unwrap();
            for other in contracts.iter().filter(|other| *other != contract) {
                let import = format!("contracts::{other}");
                assert!(
                    !text.contains(&import),
                    "{} imports {other}",
                    file.display()
                );
            }
        }
    }
}

#[test]
fn only_one_file_reads_what_services_refuse() {
    for file in rust_files(&source("")) {
        let text = fs::read_to_string(&file).unwrap();
        let reads = text.contains("RpcError::from");
        assert!(
            !reads || file.ends_with("failure.rs"),
            "{} reads a status",
            file.display()
        );
    }
}
