//! Uploads and the virus scanner, which is a real one.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use oruma_rpc_error::ErrorCode;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};

use crate::files::noise;
use crate::pictures::jpeg;
use crate::support::{Media, POSTS, Setup, ada, refused};

/// The file that every scanner knows and that harms nobody, in two parts, so that this one is not taken for it.
fn eicar() -> Vec<u8> {
    let (start, end) = (
        r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-",
        "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*",
    );
    [start, end].concat().into_bytes()
}

/// `clamd` on a free port, with one signature. It ends with this value.
struct Scanner {
    process: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl Scanner {
    async fn start() -> Self {
        // Another test may take the port before the scanner does.
        for _ in 0..10 {
            if let Some(scanner) = Self::try_start().await {
                return scanner;
            }
        }
        panic!("clamd does not start");
    }

    async fn try_start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let address = free_address().await;
        let (path, port) = (folder.path().display(), address.port());
        let signatures = "44d88612fea8a8f36de82e1278abb02f:68:Eicar-Test\n";
        // What holds the file in its middle is infected as well.
        let inside = "Eicar-Inside:0:*:58354f2150254041505b345c505a58353428505e2937434329377d\n";
        std::fs::write(folder.path().join("eicar.hdb"), signatures).unwrap();
        std::fs::write(folder.path().join("eicar.ndb"), inside).unwrap();
        let config = format!(
            "DatabaseDirectory {path}\nTCPSocket {port}\nTCPAddr 127.0.0.1\nForeground yes\nTemporaryDirectory {path}\nUser {}\n",
            owner()
        );
        let file = folder.path().join("clamd.conf");
        std::fs::write(&file, config).unwrap();
        let process = Command::new(program())
            .arg("--config-file")
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("clamd starts");
        let mut scanner = Self {
            process,
            address,
            _folder: folder,
        };
        for _ in 0..3_000 {
            if scanner.process.try_wait().unwrap().is_some() {
                return None;
            }
            if TcpStream::connect(address).await.is_ok() {
                return Some(scanner);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        None
    }
}

impl Drop for Scanner {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Who runs the tests: clamd would become somebody else.
fn owner() -> String {
    let answer = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(answer.stdout).unwrap().trim().to_owned()
}

fn program() -> &'static str {
    let known = "/usr/sbin/clamd";
    if std::path::Path::new(known).exists() {
        known
    } else {
        "clamd"
    }
}

async fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

async fn with_scanner(address: SocketAddr) -> Media {
    let mut setup = Setup::new().await;
    setup.config.scanner = Some(address.to_string());
    setup.start().await
}

/// C-153, C-200: the same holds for files of any kind: nobody gets one that was not found clean.
#[tokio::test(flavor = "multi_thread")]
async fn only_files_that_were_scanned_pass() {
    let scanner = Scanner::start().await;
    let media = with_scanner(scanner.address).await;
    let clean = media.send_file(&ada(), "a.bin", &noise(3_000_000)).await;
    let hidden = [noise(500_000), eicar(), noise(500_000)].concat();
    for infected in [eicar(), hidden] {
        let refusal = media.try_send_file(&ada(), "a.bin", &infected).await;
        let refusal = refused(refusal, ErrorCode::Invalid, "infected");
        assert_eq!(refusal.violations[0].field, "files");
    }
    drop(scanner);
    let unscanned = media.try_send_file(&ada(), "a.txt", b"words").await;
    refused(unscanned, ErrorCode::Unavailable, "unavailable");
    assert_eq!(media.files(), [format!("files/{}", clean.id)]);
    assert_eq!(media.count("media.files").await, 1);
    assert_eq!(media.count("media.outbox").await, 1);
}

/// O-198: what the scanner knows is refused, what it does not know passes, and without the scanner nothing does.
#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_scanned_passes() {
    let scanner = Scanner::start().await;
    let media = with_scanner(scanner.address).await;
    media.upload(&ada(), &jpeg()).await;
    let hidden = [jpeg(), eicar()].concat();
    for infected in [eicar(), hidden] {
        let refusal = media.try_upload(&ada(), POSTS, "a.jpg", &infected).await;
        let refusal = refused(refusal, ErrorCode::Invalid, "infected");
        assert_eq!(refusal.violations[0].field, "image");
    }
    assert_eq!(media.files().len(), 2);

    drop(scanner);
    let unscanned = media.try_upload(&ada(), POSTS, "a.jpg", &jpeg()).await;
    let refusal = refused(unscanned, ErrorCode::Unavailable, "unavailable");
    assert!(refusal.retry_after.is_some());
    assert_eq!(media.files().len(), 2);
    assert_eq!(media.count("media.images").await, 1);
}
