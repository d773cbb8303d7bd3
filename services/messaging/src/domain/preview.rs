//! What stands behind links (C-140).

use scraper::{Html, Selector};
use url::Url;

/// Characters of a title.
const LONGEST_TITLE: usize = 300;
/// Characters of a description.
const LONGEST_DESCRIPTION: usize = 1_000;
/// Bytes of a link.
const LONGEST_LINK: usize = 2_000;

/// What stands behind a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkPreview {
    /// The link as it was written.
    pub url: String,
    /// The title of the page.
    pub title: String,
    /// What the page says of itself; may be empty.
    pub description: String,
    /// Where its picture is; may be empty.
    pub image_url: String,
}

/// The first link in a text, as it was written, without the signs that end its sentence.
#[must_use]
pub fn first_link(text: &str) -> Option<&str> {
    let mut rest = text;
    loop {
        let begins = rest.find("http").filter(|_| !rest.is_empty())?;
        let (before, from) = rest.split_at_checked(begins)?;
        let is_within_word = before.chars().last().is_some_and(char::is_alphanumeric);
        let end = from
            .find(|letter: char| letter.is_whitespace() || matches!(letter, '<' | '>' | '"' | '`'))
            .unwrap_or(from.len());
        let (word, after) = from.split_at_checked(end)?;
        if !is_within_word && let Some(link) = link(word) {
            return Some(link);
        }
        // Whatever follows the four letters may be another.
        rest = if word.len() > 4 {
            from.get(4..)?
        } else {
            after
        };
    }
}

fn link(word: &str) -> Option<&str> {
    let mut link = word.trim_end_matches(['.', ',', '!', '?', ';', ':', '\'', '*', '_', '~']);
    // A bracket that opened before the link closes behind it.
    while let Some(inner) = link.strip_suffix([')', ']', '}'])
        && link.matches(['(', '[', '{']).count() < link.matches([')', ']', '}']).count()
    {
        link = inner.trim_end_matches(['.', ',', '!', '?', ';', ':']);
    }
    let url = Url::parse(link).ok()?;
    let fits =
        matches!(url.scheme(), "http" | "https") && url.has_host() && link.len() <= LONGEST_LINK;
    fits.then_some(link)
}

/// What a page says of itself; `None` where it has no title. `found` is where the page was found in the end.
#[must_use]
pub fn read_page(link: &str, html: &str, found: &Url) -> Option<LinkPreview> {
    let page = Html::parse_document(html);
    let named = |names: &[&str]| names.iter().find_map(|name| meta(&page, name));
    let title = named(&["og:title", "twitter:title"]).or_else(|| title(&page))?;
    let title = plain(&title, LONGEST_TITLE);
    if title.is_empty() {
        return None;
    }
    let description = named(&["og:description", "twitter:description", "description"]);
    let image = named(&["og:image", "og:image:url", "twitter:image"]);
    Some(LinkPreview {
        url: link.to_owned(),
        title,
        description: plain(&description.unwrap_or_default(), LONGEST_DESCRIPTION),
        image_url: image
            .and_then(|image| picture(&image, found))
            .unwrap_or_default(),
    })
}

/// What an element of the head says under a name.
fn meta(page: &Html, name: &str) -> Option<String> {
    let selector = Selector::parse("meta[content]").ok()?;
    page.select(&selector).find_map(|element| {
        let element = element.value();
        let own = element.attr("property").or_else(|| element.attr("name"))?;
        let content = element.attr("content")?;
        (own.trim().eq_ignore_ascii_case(name) && !content.trim().is_empty())
            .then(|| content.to_owned())
    })
}

fn title(page: &Html) -> Option<String> {
    let selector = Selector::parse("title").ok()?;
    let title = page.select(&selector).next()?;
    Some(title.text().collect())
}

/// A text in one line, without what can't be seen.
fn plain(text: &str, most: usize) -> String {
    let words = text.split(|letter: char| letter.is_whitespace() || letter.is_control());
    let line = words
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    line.chars().take(most).collect()
}

fn picture(image: &str, found: &Url) -> Option<String> {
    let url = found.join(image.trim()).ok()?;
    let fits = matches!(url.scheme(), "http" | "https") && url.as_str().len() <= LONGEST_LINK;
    fits.then(|| url.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_link_is_found() {
        for (text, link) in [
            (
                "see https://example.org/a?b=c#d.",
                "https://example.org/a?b=c#d",
            ),
            (
                "(http://example.org/x_(y)), then https://other.org",
                "http://example.org/x_(y)",
            ),
            ("(https://example.org)", "https://example.org"),
            ("<https://example.org>!", "https://example.org"),
            (
                "http https:// xhttp://no.org http://yes.org",
                "http://yes.org",
            ),
            ("HTTP then https://é.example/ü", "https://é.example/ü"),
        ] {
            assert_eq!(first_link(text), Some(link), "{text}");
        }
        for none in [
            "",
            "example.org",
            "ftp://example.org",
            "https://",
            "http",
            "httpx",
            "http:///",
        ] {
            assert_eq!(first_link(none), None, "{none}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in "(http|s|:|/|\\(|\\)|é| |x|\\.){0,60}") {
            let _ = first_link(&text);
        }
    }

    #[test]
    fn a_page_says_what_it_is() {
        let found = Url::parse("https://example.org/deep/page").unwrap();
        let html = "<html><head><title> Plain &amp; <b>simple</b>\n title </title><meta name=description content='Of it  self'>
            <meta property='og:image' content='../pic.png'></head><body><script>x</script></body></html>";
        let preview = read_page("https://short.example", html, &found).unwrap();
        assert_eq!(preview.title, "Plain & <b>simple</b> title");
        assert_eq!(preview.description, "Of it self");
        assert_eq!(preview.image_url, "https://example.org/pic.png");
        assert_eq!(preview.url, "https://short.example");
        let better = "<title>plain</title><meta property=og:title content=Better><meta name=twitter:description content=Short>
            <meta property=og:image content='javascript:alert(1)'>";
        let preview = read_page("x", better, &found).unwrap();
        assert_eq!(
            (
                preview.title.as_str(),
                preview.description.as_str(),
                preview.image_url.as_str()
            ),
            ("Better", "Short", "")
        );
        for nothing in [
            "",
            "no page",
            "<title> </title>",
            "<meta property=og:title content=' '>",
        ] {
            assert_eq!(read_page("x", nothing, &found), None, "{nothing}");
        }
        let long = format!("<title>{}</title>", "é".repeat(5_000));
        assert_eq!(
            read_page("x", &long, &found).unwrap().title.chars().count(),
            LONGEST_TITLE
        );
    }
}
