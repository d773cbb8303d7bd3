//! The store on disk.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use bytes::Bytes;
use oruma_blob::{BlobConfig, BlobError, BlobStore, Content, DiskStore};
use oruma_service_runtime::Env;
use tempfile::TempDir;

use crate::suite::{conformance, got, key, put};

/// A store in a folder that goes away with it.
struct Opened {
    store: DiskStore,
    folder: TempDir,
}

impl Opened {
    fn store(&self) -> &dyn BlobStore {
        &self.store
    }

    fn files(&self, folder: &str) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.folder.path().join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn open() -> Opened {
    let folder = tempfile::tempdir().unwrap();
    let store = DiskStore::open(folder.path()).unwrap();
    Opened { store, folder }
}

conformance!(std::future::ready(open()));

/// O-200: nothing that was uploaded can be run.
#[tokio::test]
async fn files_are_for_the_group_to_read_and_nobody_to_run() {
    let opened = open();
    put(opened.store(), "images/a.jpg", b"#!/bin/sh").await;
    let mode = |path: &str| {
        let path = opened.folder.path().join(path);
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    };
    assert_eq!(mode("images/a.jpg") & 0o137, 0);
    assert_eq!(mode("images") & 0o027, 0);
}

#[tokio::test]
async fn a_failed_put_leaves_nothing() {
    let opened = open();
    // A file stands where the folder of the blob would have to be.
    put(opened.store(), "images", b"x").await;
    let content = Content::Bytes(Bytes::from_static(b"y"));
    let failed = opened
        .store
        .put(&key("images/a.jpg"), content, "image/jpeg")
        .await;
    assert!(failed.is_err());
    assert_eq!(opened.files(""), [".incoming", "images"]);
    assert!(opened.files(".incoming").is_empty());
    assert_eq!(got(opened.store(), "images").await, b"x");
}

/// What a killed process left half written is removed at a later start, and what another process just writes is left alone.
#[tokio::test]
async fn left_overs_are_removed_when_they_are_old() {
    let opened = open();
    let incoming = opened.folder.path().join(".incoming");
    fs::write(incoming.join("new"), "x").unwrap();
    let old = fs::File::create(incoming.join("old")).unwrap();
    let time = std::time::SystemTime::now() - std::time::Duration::from_secs(7_200);
    old.set_modified(time).unwrap();
    DiskStore::open(opened.folder.path()).unwrap();
    assert_eq!(opened.files(".incoming"), ["new"]);
}

/// A writer that is dropped, or abandoned by its ticket, leaves no file; no ticket leads to another folder.
#[tokio::test]
async fn what_is_not_finished_leaves_no_file() {
    let opened = open();
    put(opened.store(), "images/a.jpg", b"x").await;
    for kept in [false, true] {
        let begun = opened.store().begin(&key("b"), "text/plain").await;
        let mut writer = begun.unwrap();
        writer.write(Bytes::from_static(b"y")).await.unwrap();
        assert_eq!(opened.files(".incoming").len(), 1);
        if kept {
            let ticket = writer.ticket().unwrap().to_owned();
            opened.store().abandon(&key("b"), &ticket).await.unwrap();
        } else {
            drop(writer);
        }
        assert!(opened.files(".incoming").is_empty());
    }
    for ticket in ["", "..", "../images/a.jpg", "a/b"] {
        let abandoned = opened.store().abandon(&key("b"), ticket).await;
        assert!(abandoned.is_err(), "{ticket}");
    }
    assert_eq!(got(opened.store(), "images/a.jpg").await, b"x");
}

#[tokio::test]
async fn a_folder_is_no_blob() {
    let opened = open();
    put(opened.store(), "folder/a", b"x").await;
    let asked = opened.store.get(&key("folder"), None).await.map(drop);
    assert!(matches!(asked, Err(BlobError::NotFound)), "{asked:?}");
    assert!(opened.store.delete(&key("folder")).await.is_err());
    assert_eq!(got(opened.store(), "folder/a").await, b"x");
}

#[tokio::test]
async fn a_folder_that_is_gone_is_no_sign_of_life() {
    let opened = open();
    fs::remove_dir_all(opened.folder.path()).unwrap();
    assert!(opened.store.ping().await.is_err());
}

/// O-215: the folder of `UPLOAD_DIR` is made, with those above it.
#[tokio::test]
async fn the_folder_is_made() {
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("some/where");
    let env = Env::of_pairs([("UPLOAD_DIR", folder.to_str().unwrap())]);
    let store = BlobConfig::from_env(&env).unwrap().open().unwrap();
    put(&*store, "a/b", b"x").await;
    assert_eq!(fs::read(folder.join("a/b")).unwrap(), b"x");

    fs::write(above.path().join("file"), "x").unwrap();
    let failed = DiskStore::open(above.path().join("file"));
    assert!(
        matches!(failed, Err(BlobError::NotFound | BlobError::Failed(_))),
        "{failed:?}"
    );
}
