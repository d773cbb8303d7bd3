//! Ends what a test process has started, however that process itself ends.

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// Reads orders until its input closes, which the system does for a process that is gone; then ends and removes what is left.
const SCRIPT: &str = r#"
trap '' INT TERM HUP PIPE
declare -A pids folders servers
while IFS=$'\t' read -r order what; do
  case $order in
    pid) pids[$what]=1 ;;
    folder) folders[$what]=1 ;;
    servers) servers[$what]=1 ;;
    forget) unset "pids[$what]" "folders[$what]" "servers[$what]" ;;
  esac
done
for pid in "${!pids[@]}"; do kill -KILL "$pid" 2>/dev/null; done
for folder in "${!servers[@]}"; do
  "$0" stop "$folder"
  rm -rf "$(readlink -f "$folder/postgres")" "$folder"
done
for folder in "${!folders[@]}"; do rm -rf "$folder"; done
"#;

static REAPER: Mutex<Option<Child>> = Mutex::new(None);

/// Something that must not outlive the test process.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mortal<'a> {
    /// A process that is killed.
    Pid(u32),
    /// A folder that is removed.
    Folder(&'a Path),
    /// A folder of `scripts/servers` whose servers are stopped, and which is removed.
    Servers(&'a Path),
}

/// Has it ended with this process.
pub(crate) fn watch(mortal: Mortal<'_>) {
    let (order, what) = match mortal {
        Mortal::Pid(pid) => ("pid", pid.to_string()),
        Mortal::Folder(path) => ("folder", path.display().to_string()),
        Mortal::Servers(path) => ("servers", path.display().to_string()),
    };
    tell(order, &what);
}

/// It has ended already.
pub(crate) fn forget(mortal: Mortal<'_>) {
    let what = match mortal {
        Mortal::Pid(pid) => pid.to_string(),
        Mortal::Folder(path) | Mortal::Servers(path) => path.display().to_string(),
    };
    tell("forget", &what);
}

fn tell(order: &str, what: &str) {
    let mut reaper = REAPER.lock().unwrap_or_else(PoisonError::into_inner);
    let reaper = reaper.get_or_insert_with(start);
    let input = reaper.stdin.as_mut().expect("the reaper has an input");
    writeln!(input, "{order}\t{what}").expect("the reaper listens");
}

fn start() -> Child {
    Command::new("bash")
        .args(["-c", SCRIPT])
        .arg(crate::servers::script())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("bash starts")
}
