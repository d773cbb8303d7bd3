//! What a file is, by its content. Its name can only make it less trusted.

use std::str::from_utf8;

use super::file_name::FileName;

/// The start of a file that is looked at for what it is, in bytes.
const HEAD: usize = 4 * 1024;
const UNKNOWN: &str = "application/octet-stream";
const TEXT: &str = "text/plain";
const HTML: &str = "text/html";
const SVG: &str = "image/svg+xml";
const XML: &str = "text/xml";

/// What a file is: its media type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileType(String);

// === impl FileType ===

impl FileType {
    /// The type of that name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// The name, such as `image/png`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }

    /// The name as browsers need it to show the file.
    #[must_use]
    pub fn with_charset(&self) -> String {
        if self.0 == TEXT {
            format!("{TEXT}; charset=utf-8")
        } else {
            self.0.clone()
        }
    }

    /// Whether a browser may show it: pictures, films, sounds and plain text, nothing that can run.
    #[must_use]
    pub fn is_inline(&self) -> bool {
        let kind = self.0.split('/').next().unwrap_or_default();
        self.0 == TEXT || (matches!(kind, "image" | "video" | "audio") && self.0 != SVG)
    }

    /// Whether a small picture can be made of it as a picture.
    #[must_use]
    pub fn is_picture(&self) -> bool {
        oruma_picture::Source::from_content_type(&self.0).is_some()
    }
}

/// Looks at a file while it comes.
#[derive(Debug, Default)]
pub struct Inspection {
    head: Vec<u8>,
    /// The first bytes of a letter whose other ones are still to come.
    begun: Vec<u8>,
    is_binary: bool,
}

// === impl Inspection ===

impl Inspection {
    /// Looks at the next bytes.
    pub fn see(&mut self, bytes: &[u8]) {
        let missing = HEAD.saturating_sub(self.head.len());
        self.head.extend(bytes.iter().take(missing));
        if self.is_binary {
            return;
        }
        let joined;
        let bytes = if self.begun.is_empty() {
            bytes
        } else {
            joined = [self.begun.as_slice(), bytes].concat();
            &joined
        };
        let (text, begun) = match from_utf8(bytes) {
            Ok(text) => (text, &[][..]),
            Err(wrong) => {
                self.is_binary = wrong.error_len().is_some();
                let (whole, begun) = bytes.split_at(wrong.valid_up_to());
                (from_utf8(whole).unwrap_or_default(), begun)
            }
        };
        self.is_binary |= text.chars().any(is_no_text);
        self.begun = begun.to_vec();
    }

    /// What the file is, now that all of it has come.
    #[must_use]
    pub fn end(self, name: &FileName) -> FileType {
        let known = infer::get(&self.head).map(|known| known.mime_type());
        if self.is_binary || !self.begun.is_empty() {
            return FileType::named(known.unwrap_or(UNKNOWN));
        }
        // What consists of letters only is none of the formats that the first of them promise, but for those that are written.
        let written = known.filter(|known| {
            matches!(
                *known,
                "application/pdf" | "application/rtf" | "application/postscript"
            )
        });
        FileType::named(written.unwrap_or_else(|| text_type(&self.head, name)))
    }
}

fn is_no_text(letter: char) -> bool {
    letter.is_control() && !matches!(letter, '\t' | '\n' | '\r' | '\u{c}')
}

/// What a text is: whatever a browser or a shell might run is not plain.
fn text_type(head: &[u8], name: &FileName) -> &'static str {
    let start = String::from_utf8_lossy(head).to_lowercase();
    let start = start.trim_start_matches('\u{feff}').trim_start();
    let has = |tag: &str| start.contains(tag);
    if start.starts_with("#!") {
        return "text/x-shellscript";
    }
    if has("<svg") {
        return SVG;
    }
    if [
        "<!doctype html",
        "<html",
        "<script",
        "<body",
        "<iframe",
        "<head",
    ]
    .into_iter()
    .any(has)
    {
        return HTML;
    }
    if has("<?php") {
        return "application/x-php";
    }
    if start.starts_with("<?xml") {
        return XML;
    }
    let tag = start.strip_prefix('<').and_then(|rest| rest.chars().next());
    if tag.is_some_and(|first| first.is_alphabetic() || matches!(first, '!' | '?' | '/')) {
        return HTML;
    }
    match name.extension().as_str() {
        "html" | "htm" | "xhtml" | "shtml" | "hta" => HTML,
        "svg" => SVG,
        "xml" | "xsl" | "xslt" => XML,
        "js" | "mjs" | "cjs" => "text/javascript",
        "sh" | "bash" | "zsh" => "text/x-shellscript",
        "php" => "application/x-php",
        "bat" | "cmd" | "ps1" | "vbs" | "vbe" | "jse" | "wsf" | "reg" | "scr" | "py" | "pl"
        | "rb" | "desktop" | "command" => UNKNOWN,
        _ => TEXT,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(name: &str, content: &[u8]) -> FileType {
        let mut inspection = Inspection::default();
        inspection.see(content);
        inspection.end(&FileName::of(name))
    }

    #[test]
    fn the_content_decides() {
        for (name, content, expected) in [
            ("a.txt", b"plain words \xc3\xa9\n".as_slice(), TEXT),
            ("a.png", b"plain words", TEXT),
            ("a.exe", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"),
            ("a", b"\xff\xd8\xff\xe0\0\x10JFIF\0", "image/jpeg"),
            ("a.txt", b"%PDF-1.7\n%\xe2\xe3", "application/pdf"),
            ("a.txt", b"%PDF-1.7 in letters", "application/pdf"),
            ("a.txt", b"\0\x01\x02\x03", UNKNOWN),
            ("a.txt", b"\xff\xfeh\0i\0", UNKNOWN),
            ("a.txt", b"cut off \xc3", UNKNOWN),
            ("a.zip", b"PK\x03\x04\x14\0\0\0\x08\0", "application/zip"),
        ] {
            assert_eq!(of(name, content).name(), expected, "{name} {content:?}");
        }
    }

    /// Nothing that a browser would run as a page of ours is ever shown, whatever its name, its case, or what comes before it.
    #[test]
    fn what_can_run_is_never_inline() {
        for (name, content) in [
            ("a.html", b"<p>hi".as_slice()),
            ("a.txt", b"<!DOCTYPE html><title>x"),
            ("a.txt", b"\xef\xbb\xbf \n\t<HTML>"),
            (
                "a.png",
                b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>",
            ),
            ("a.txt", b"<?xml version=\"1.0\"?><a/>"),
            ("a.txt", b"<!-- a comment --><x:y/>"),
            ("a.gif", b"GIF89a/*<script>alert(1)</script>*/=1;"),
            ("a.txt", b"words, then <ScRiPt>alert(1)</script>"),
            ("a.txt", b"#!/bin/sh\nrm -rf /"),
            ("a.txt", b"<?php system('id'); ?>"),
            ("a.js", b"alert(1)"),
            ("a.SVG", b"words"),
            ("a.bat", b"del *.*"),
            ("a.html", b"caf\xe9 <b>latin</b>"),
            ("a.bin", b"\0<script>alert(1)</script>"),
        ] {
            let found = of(name, content);
            assert!(!found.is_inline(), "{name} {content:?} {found:?}");
        }
    }

    #[test]
    fn what_people_look_at_is_inline() {
        for (name, inline) in [
            ("image/png", true),
            ("image/svg+xml", false),
            ("video/mp4", true),
            ("audio/mpeg", true),
            ("text/plain", true),
            ("text/html", false),
            ("application/pdf", false),
            ("application/octet-stream", false),
        ] {
            assert_eq!(FileType::named(name).is_inline(), inline, "{name}");
        }
    }

    proptest! {
        /// However a file is cut on its way, it is the same.
        #[test]
        fn pieces_make_no_difference(text in "\\PC{0,40}", cuts in proptest::collection::vec(1_usize..7, 1..40)) {
            let whole = of("a.txt", text.as_bytes());
            let mut inspection = Inspection::default();
            let mut rest = text.as_bytes();
            for cut in cuts.iter().cycle().take(200) {
                let (piece, later) = rest.split_at((*cut).min(rest.len()));
                inspection.see(piece);
                rest = later;
            }
            inspection.see(rest);
            prop_assert_eq!(inspection.end(&FileName::of("a.txt")), whole);
        }
    }
}
