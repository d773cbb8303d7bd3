//! A process of the platform: started, killed, asked to stop, started again.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use oruma_test_kit::within;

use crate::reaper::{self, Mortal};
use crate::{program, raw};

/// A cold start in a debug build, beside other tests.
const START_DEADLINE: Duration = Duration::from_secs(90);
/// More than what a process itself grants work under way.
const STOP_DEADLINE: Duration = Duration::from_secs(40);

/// A program with its arguments and variables, and the process that runs it. Killed with this value.
pub struct Process {
    name: String,
    program: PathBuf,
    arguments: Vec<String>,
    variables: BTreeMap<String, String>,
    log: PathBuf,
    address: Option<SocketAddr>,
    child: Mutex<Option<Child>>,
}

// === impl Process ===

impl Process {
    /// A process to be. `command` is the binary and its arguments; `folder` is where its log goes; it sees these variables and no others.
    ///
    /// # Panics
    /// When the binary has not been built.
    #[must_use]
    pub fn new(
        name: &str,
        command: &[&str],
        variables: BTreeMap<String, String>,
        folder: &Path,
    ) -> Self {
        let (binary, arguments) = command.split_first().expect("a command has a program");
        Self {
            name: name.to_owned(),
            program: program(binary),
            arguments: arguments.iter().map(|&text| text.to_owned()).collect(),
            variables,
            log: folder.join(format!("{name}.log")),
            address: None,
            child: Mutex::default(),
        }
    }

    /// The same, answering HTTP there.
    #[must_use]
    pub fn at(mut self, address: SocketAddr) -> Self {
        self.address = Some(address);
        self
    }

    /// The same, with the binary of that name from another folder.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn of(mut self, folder: &Path) -> Self {
        let name = self.program.file_name().expect("a binary has a name");
        let program = folder.join(name);
        assert!(program.is_file(), "{} is missing", program.display());
        self.program = program;
        self
    }

    /// What it is called in its folder.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it answers HTTP.
    ///
    /// # Panics
    /// When it doesn't.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address.expect("it answers HTTP")
    }

    /// Whether it answers HTTP there.
    #[must_use]
    pub fn serves(&self, address: SocketAddr) -> bool {
        self.address == Some(address)
    }

    /// Its id, while it runs.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child().as_ref().map(Child::id)
    }

    /// Starts it, and returns at once.
    ///
    /// # Panics
    /// When it runs already.
    pub fn start(&self) {
        let mut child = self.child();
        assert!(child.is_none(), "{} runs already", self.name);
        let (output, errors) = (self.open_log(), self.open_log());
        let started = Command::new(&self.program)
            .args(&self.arguments)
            .env_clear()
            .envs(&self.variables)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .expect("the program starts");
        reaper::watch(Mortal::Pid(started.id()));
        *child = Some(started);
    }

    /// Waits until `/readyz` answers 200 and names no service that is away.
    ///
    /// # Panics
    /// When the process ends before, or takes too long; shows its log.
    pub async fn ready(&self) {
        let address = self.address();
        within(
            START_DEADLINE,
            &format!("{} is ready", self.name),
            || async {
                if let Some(status) = self.ended() {
                    panic!("{} has ended with {status}:\n{}", self.name, self.log());
                }
                let asked = raw(
                    address,
                    b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                )
                .await;
                asked.is_ok_and(|answer| {
                    answer.status == 200 && !answer.json().to_string().contains(r#""away""#)
                })
            },
        )
        .await;
    }

    /// How it ended, if it has.
    pub fn ended(&self) -> Option<ExitStatus> {
        let mut child = self.child();
        let status = child.as_mut()?.try_wait().expect("a child can be asked")?;
        if let Some(gone) = child.take() {
            reaper::forget(Mortal::Pid(gone.id()));
        }
        Some(status)
    }

    /// `kill -9`: nothing is finished, nothing is flushed.
    pub fn kill(&self) {
        let Some(mut child) = self.child().take() else {
            return;
        };
        // It may have ended by itself, which is what is wanted.
        let _ = child.kill();
        let _ = child.wait();
        reaper::forget(Mortal::Pid(child.id()));
    }

    /// Asks it to stop.
    ///
    /// # Panics
    /// When it does not run.
    pub fn terminate(&self) {
        let id = self.id().expect("a running process");
        let told = Command::new("bash")
            .args(["-c", &format!("kill -TERM {id}")])
            .status();
        assert!(told.is_ok_and(|status| status.success()), "kill failed");
    }

    /// Waits until it has ended.
    ///
    /// # Panics
    /// When it takes too long; shows its log.
    pub async fn end(&self) -> ExitStatus {
        let deadline = tokio::time::Instant::now() + STOP_DEADLINE;
        loop {
            if let Some(status) = self.ended() {
                return status;
            }
            assert!(
                tokio::time::Instant::now() < deadline,
                "{} does not end:\n{}",
                self.name,
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Asks it to stop, waits until it has, and starts it again.
    pub async fn restart(&self) {
        self.terminate();
        self.end().await;
        self.start();
    }

    /// All that it has written, over all its starts.
    #[must_use]
    pub fn log(&self) -> String {
        let written = std::fs::read(&self.log).unwrap_or_default();
        String::from_utf8_lossy(&written).into_owned()
    }

    /// Memory that it has in use now, in KiB (`VmRSS`).
    ///
    /// # Panics
    /// When it does not run.
    #[must_use]
    pub fn memory(&self) -> u64 {
        let id = self.id().expect("a running process");
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
            .expect("the kernel tells VmRSS")
    }

    fn open_log(&self) -> File {
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.log)
            .expect("the log can be written")
    }

    fn child(&self) -> std::sync::MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
