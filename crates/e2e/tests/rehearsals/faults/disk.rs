//! A disk of its own for uploads, so small that it can be filled.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// More than the pictures of a run need.
const SIZE: &str = "size=48m";

/// A folder that is a file system in memory, where that is allowed.
pub(crate) struct Disk {
    folder: TempDir,
    is_small: bool,
}

impl Disk {
    /// Mounts it. Only root may; else it is an ordinary folder.
    pub(crate) fn mount() -> Self {
        let folder = tempfile::Builder::new().prefix("oruma-disk-").tempdir();
        let folder = folder.expect("a folder is made");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", SIZE, "tmpfs"])
            .arg(folder.path())
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .status();
        let is_small = mounted.is_ok_and(|status| status.success());
        Self { folder, is_small }
    }

    /// Whether it can be filled without harm to others.
    pub(crate) fn is_small(&self) -> bool {
        self.is_small
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    fn filler(&self) -> PathBuf {
        self.folder.path().join("filler")
    }

    /// Fills it to the last byte.
    pub(crate) fn fill(&self) {
        let mut file = std::fs::File::create(self.filler()).expect("a file is made");
        let piece = vec![0; 4 * 1_024];
        while file.write_all(&piece).is_ok() {}
        while file.write_all(&[0]).is_ok() {}
    }

    /// Gives the room back.
    pub(crate) fn clear(&self) {
        std::fs::remove_file(self.filler()).expect("the file is removed");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.is_small {
            // At once, or as soon as nobody has a file open there.
            let _ = Command::new("umount").arg("-l").arg(self.path()).status();
        }
    }
}
