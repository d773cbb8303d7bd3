//! Small pictures of films: `ffmpeg`, a program of its own that is given one film and few means, looks for a picture that tells of it.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Seek};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// The longest side of what it makes.
const SIDE: u32 = oruma_picture::THUMBNAIL_SIDE;
/// The longest small picture that is taken of it, in bytes.
const LONGEST_PICTURE: u64 = 1024 * 1024;
/// Pixels of one picture of a film at the most.
const MOST_PIXELS: &str = "40000000";
/// The most memory that the program may ask for at once, in bytes.
const MOST_AT_ONCE: &str = "268435456";

/// How films are looked into.
#[derive(Debug, Clone)]
pub struct FilmsConfig {
    /// `FFMPEG_PATH`: the program; `ffmpeg` by default.
    pub program: PathBuf,
    /// `PATH`: where a program without folder is looked for.
    pub search_path: Option<String>,
    /// `FILM_WORKERS`: films at once; 1 by default.
    pub at_once: usize,
    /// `FILM_TIMEOUT_SECONDS`: how long one may take; 10 by default.
    pub deadline: Duration,
}

/// What looks into films.
#[derive(Clone)]
pub struct Films {
    config: FilmsConfig,
    places: Arc<Semaphore>,
}

// === impl Films ===

impl Films {
    /// Looks into that many films at once. Nothing is started yet.
    #[must_use]
    pub fn new(config: FilmsConfig) -> Self {
        Self {
            places: Arc::new(Semaphore::new(config.at_once)),
            config,
        }
    }

    /// Says once in the log when there is no such program: films are stored all the same.
    pub async fn look_for_program(&self) {
        let mut command = self.command();
        let found = command.arg("-version").status().await;
        if !found.is_ok_and(|status| status.success()) {
            let program = self.config.program.display();
            tracing::warn!(%program, "ffmpeg can't be run: films get no small pictures");
        }
    }

    /// Makes a small JPEG of a film of that media type; `None` for what can't be looked into, in time and within its means.
    pub async fn picture(&self, film: File, content_type: &str) -> Option<Vec<u8>> {
        let format = format(content_type)?;
        let looked = async {
            let _place = self.places.acquire().await.ok()?;
            self.look(film, format).await.ok()
        };
        // Who waits that long for a place is served better without.
        let picture = timeout(2 * self.config.deadline, looked).await.ok()??;
        (!picture.is_empty()).then_some(picture)
    }

    async fn look(&self, mut film: File, format: &str) -> io::Result<Vec<u8>> {
        film.rewind()?;
        let smaller = format!(
            "scale=w={SIDE}:h={SIDE}:force_original_aspect_ratio=decrease:force_divisible_by=2,thumbnail=24"
        );
        let mut command = self.command();
        command
            .args([
                "-protocol_whitelist",
                "file,pipe",
                "-format_whitelist",
                format,
            ])
            .args([
                "-max_alloc",
                MOST_AT_ONCE,
                "-threads",
                "1",
                "-max_pixels",
                MOST_PIXELS,
            ])
            // The film has no name: this opens it anew by what the program was handed.
            .args(["-f", format, "-i", "file:/dev/stdin"])
            .args(["-map", "0:v:0", "-an", "-sn", "-dn", "-filter_threads", "1"])
            .args([OsStr::new("-vf"), OsStr::new(&smaller)])
            .args([
                "-frames:v",
                "1",
                "-threads",
                "1",
                "-c:v",
                "mjpeg",
                "-q:v",
                "4",
            ])
            .args(["-f", "image2pipe", "pipe:1"])
            .stdin(film)
            .stdout(Stdio::piped());
        let mut child = command.spawn()?;
        limit(&child, self.config.deadline)?;
        timeout(self.config.deadline, finish(&mut child)).await?
    }

    /// The program without anything that it does not need of us; it ends with this value.
    fn command(&self) -> Command {
        let mut command = Command::new(&self.config.program);
        command
            .env_clear()
            .envs(self.config.search_path.iter().map(|path| ("PATH", path)))
            .args(["-nostdin", "-hide_banner", "-loglevel", "error"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        command
    }
}

/// What it has made, if it ends well.
async fn finish(child: &mut Child) -> io::Result<Vec<u8>> {
    let mut picture = Vec::new();
    if let Some(output) = child.stdout.take() {
        output
            .take(LONGEST_PICTURE)
            .read_to_end(&mut picture)
            .await?;
    }
    if child.wait().await?.success() {
        Ok(picture)
    } else {
        Err(io::ErrorKind::InvalidData.into())
    }
}

/// How the program reads a film. It is told, and doesn't guess: there are formats that name other files and have them read.
fn format(content_type: &str) -> Option<&'static str> {
    match content_type {
        "video/mp4" | "video/quicktime" | "video/x-m4v" | "video/3gpp" => Some("mov"),
        "video/webm" | "video/x-matroska" => Some("matroska"),
        "video/x-msvideo" => Some("avi"),
        "video/mpeg" => Some("mpeg"),
        "video/x-flv" => Some("flv"),
        _ => None,
    }
}

/// Memory and time of the processor, should the program lose itself.
#[cfg(target_os = "linux")]
fn limit(child: &Child, deadline: Duration) -> io::Result<()> {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};

    /// All memory that it may have, with its libraries, in bytes.
    const MOST_MEMORY: u64 = 1024 * 1024 * 1024;
    let pid = child.id().and_then(|id| i32::try_from(id).ok());
    // One that has ended already needs none.
    let Some(pid) = pid.and_then(Pid::from_raw) else {
        return Ok(());
    };
    for (resource, most) in [
        (Resource::As, MOST_MEMORY),
        (Resource::Cpu, deadline.as_secs() + 1),
        (Resource::Core, 0),
    ] {
        let limit = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        prlimit(Some(pid), resource, limit)?;
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "as where there are limits")]
fn limit(_child: &Child, _deadline: Duration) -> io::Result<()> {
    Ok(())
}
