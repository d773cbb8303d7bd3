//! Small pictures of films, which the real ffmpeg makes.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use oruma_test_kit::eventually;

use crate::support::{Media, Setup, ada};

/// Two seconds of a film with some form and codec.
fn film(extension: &str, options: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("film.{extension}"));
    let made = Command::new("ffmpeg")
        .args(["-nostdin", "-loglevel", "error", "-f", "lavfi"])
        .args(["-i", "testsrc=duration=2:size=640x360:rate=10"])
        .args(options)
        .arg(&path)
        .status()
        .expect("ffmpeg runs: ./scripts/test installs it");
    assert!(made.success());
    std::fs::read(path).unwrap()
}

/// C-152: each form of film gets a small picture that shows something.
#[tokio::test(flavor = "multi_thread")]
async fn films_get_small_pictures() {
    let media = Media::start().await;
    for (extension, options, content_type) in [
        ("mp4", ["-c:v", "mpeg4"].as_slice(), "video/mp4"),
        (
            "mp4",
            &["-c:v", "mpeg4", "-movflags", "faststart"],
            "video/mp4",
        ),
        ("mov", &["-c:v", "mpeg4"], "video/quicktime"),
        (
            "webm",
            &["-c:v", "libvpx", "-deadline", "realtime"],
            "video/webm",
        ),
        ("mkv", &["-c:v", "mpeg4"], "video/x-matroska"),
        ("avi", &["-c:v", "mpeg4"], "video/x-msvideo"),
    ] {
        let bytes = film(extension, options);
        let file = media.send_file(&ada(), "clip", &bytes).await;
        assert_eq!(file.content_type, content_type);
        let thumbnail = media.read_thumbnail(&file.id).await;
        let thumbnail = thumbnail.unwrap_or_else(|refusal| panic!("{extension}: {refusal:?}"));
        let pixels = image::load_from_memory(&thumbnail.bytes)
            .unwrap()
            .into_rgb8();
        assert_eq!((pixels.width(), pixels.height()), (400, 224), "{extension}");
        let first = pixels.get_pixel(0, 0);
        assert!(pixels.pixels().any(|pixel| pixel != first));
        assert!(media.read_file(&file.id).await.unwrap().header.is_inline);
    }
}

/// What only seems to be a film, and what would have others read, is a file without a small picture.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_film_has_no_small_picture() {
    let media = Media::start().await;
    let whole = film("mp4", &["-c:v", "mpeg4"]);
    let secret = media.folder.path().join("secret.mp4");
    std::fs::write(&secret, &whole).unwrap();
    let path = secret.display();
    let playlist =
        format!("#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://{path}\n#EXT-X-ENDLIST\n");
    let concat = format!("ffconcat version 1.0\nfile {path}\n");
    let seeming = [&whole[..40], playlist.as_bytes(), &[0xFF]].concat();
    for bytes in [
        &whole[..whole.len() / 3],
        &[&whole[..32], [0xA5; 5_000].as_slice()].concat(),
        playlist.as_bytes(),
        concat.as_bytes(),
        &seeming,
        b"\x1aE\xdf\xa3\x93B\x82\x88matroska, it says",
    ] {
        let file = media.send_file(&ada(), "film.mp4", bytes).await;
        assert_eq!(file.thumbnail_path, "", "{}", file.content_type);
        assert!(media.has_file(&file).await);
    }
}

async fn with_program(program: &Path, deadline: Duration) -> Media {
    let mut setup = Setup::new().await;
    setup.config.films.program = program.to_owned();
    setup.config.films.deadline = deadline;
    setup.start().await
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_program_films_are_stored_all_the_same() {
    let media = with_program(Path::new("/nowhere/ffmpeg"), Duration::from_secs(60)).await;
    let bytes = film("mp4", &["-c:v", "mpeg4"]);
    let file = media.send_file(&ada(), "clip", &bytes).await;
    assert_eq!(file.thumbnail_path, "");
    assert!(media.read_file(&file.id).await.unwrap().bytes == bytes);
}

/// A program that loses itself in a film is ended, and the film is stored.
#[tokio::test(flavor = "multi_thread")]
async fn a_program_without_end_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    let (program, id) = (folder.path().join("ffmpeg"), folder.path().join("id"));
    let text = format!(
        "#!/bin/sh\n[ \"$4\" = -version ] && exit\necho $$ >{}\nexec /bin/sleep 1000\n",
        id.display()
    );
    std::fs::write(&program, text).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
    let media = with_program(&program, Duration::from_secs(3)).await;
    let bytes = film("mp4", &["-c:v", "mpeg4"]);
    let file = media.send_file(&ada(), "clip", &bytes).await;
    assert_eq!(file.thumbnail_path, "");
    let id = std::fs::read_to_string(id).expect("it was started");
    let process = Path::new("/proc").join(id.trim());
    eventually("it has ended", || async { !process.exists() }).await;
}
