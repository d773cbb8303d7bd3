//! Posts.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use oruma_ids::{PostId, UserId};
use oruma_rpc_error::Violation;
use oruma_text::{Faults, Lines, hashtag, hashtags_in, mention, mentions_in};

use super::visibility::Visibility;

/// Characters of a place at the most.
const LONGEST_LOCATION: usize = 255;

/// What a post may hold (O-156, O-157, O-159, O-160).
#[derive(Debug, Clone, Copy)]
pub struct PostLimits {
    /// `POST_MAX_CHARACTERS`: 2,000 by default, in code points.
    pub characters: usize,
    /// `POST_MAX_IMAGES`: 5 by default.
    pub images: usize,
    /// `POST_MAX_HASHTAGS`: 10 by default, given and found together.
    pub hashtags: usize,
    /// `POST_MAX_MENTIONS`: 10 by default, given and found together.
    pub mentions: usize,
}

/// What a post is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostType {
    /// Learning.
    Study,
    /// Eating.
    Food,
    /// Something that was done well.
    Achievement,
    /// Something that takes place.
    Event,
    /// Anything.
    General,
}

impl PostType {
    /// Its name, as in the contract and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Study => "study",
            Self::Food => "food",
            Self::Achievement => "achievement",
            Self::Event => "event",
            Self::General => "general",
        }
    }

    /// The type of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [
            Self::Study,
            Self::Food,
            Self::Achievement,
            Self::Event,
            Self::General,
        ]
        .into_iter()
        .find(|kind| kind.name() == name)
    }
}

/// A post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// The id.
    pub id: PostId,
    /// The short number, for contracts with integer ids.
    pub number: i64,
    /// Who wrote it.
    pub author: UserId,
    /// The author's university when it was written; empty for none.
    pub university: String,
    /// What it says.
    pub body: PostBody,
    /// How many like it.
    pub like_count: i64,
    /// How many comments it has, replies included.
    pub comment_count: i64,
    /// How many saved it.
    pub save_count: i64,
    /// How many have looked at it.
    pub view_count: i64,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When its author last changed it.
    pub updated_at: DateTime<Utc>,
}

/// A post as one person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenPost {
    /// The post.
    pub post: Post,
    /// Whether the person likes it.
    pub liked: bool,
    /// Whether the person saved it.
    pub saved: bool,
    /// Where a search hit, as HTML; empty for all else.
    pub highlight: String,
}

/// What an author says with a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostBody {
    /// The text.
    pub content: String,
    /// What it is about.
    pub kind: PostType,
    /// Where; empty when not said.
    pub location: String,
    /// Paths under `/uploads/images/`.
    pub images: Vec<String>,
    /// Hashtags, without `#`.
    pub hashtags: Tags,
    /// Handles, without `@`.
    pub mentions: Tags,
    /// Who may see it.
    pub visibility: Visibility,
}

/// Hashtags or mentions of a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tags {
    /// Those that the author named.
    pub given: Vec<String>,
    /// Those, and the ones in the text.
    pub all: Vec<String>,
}

/// What an author wants to say, as it came. `None` leaves a field as it is, or at its default in a new post.
#[derive(Debug, Clone, Default)]
pub struct PostDraft {
    /// The text.
    pub content: Option<String>,
    /// The name of its type; empty for the default.
    pub kind: Option<String>,
    /// Where.
    pub location: Option<String>,
    /// Paths under `/uploads/images/`.
    pub images: Option<Vec<String>>,
    /// With or without `#`.
    pub hashtags: Option<Vec<String>>,
    /// With or without `@`.
    pub mentions: Option<Vec<String>>,
    /// Who may see it.
    pub visibility: Option<Visibility>,
}

impl PostDraft {
    /// Judges a new post.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn judge(self, limits: PostLimits) -> Result<PostBody, Vec<Violation>> {
        self.over(None, limits)
    }

    /// Judges a change of a post.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn change(self, body: &PostBody, limits: PostLimits) -> Result<PostBody, Vec<Violation>> {
        self.over(Some(body), limits)
    }

    fn over(self, old: Option<&PostBody>, limits: PostLimits) -> Result<PostBody, Vec<Violation>> {
        let mut faults = Faults::default();
        let old_content = || old.map(|old| old.content.clone()).unwrap_or_default();
        let content = match self.content {
            None => old_content(),
            Some(text) => faults.text("content", &text, Lines::Many, limits.characters),
        };
        if content.is_empty() && faults.is_empty() {
            faults.add("content", "is required");
        }
        let location = match self.location {
            None => old.map(|old| old.location.clone()).unwrap_or_default(),
            Some(text) => faults.text("location", &text, Lines::One, LONGEST_LOCATION),
        };
        let images = match self.images {
            None => old.map(|old| old.images.clone()).unwrap_or_default(),
            Some(given) => images(&mut faults, given, limits.images),
        };
        let hashtags = Tagging {
            field: "hashtags",
            problem: "must be letters, digits or _, and not digits alone",
            read: hashtag,
            most: limits.hashtags,
        };
        let mentions = Tagging {
            field: "mentions",
            problem: "must be the username of a person",
            read: mention,
            most: limits.mentions,
        };
        let body = PostBody {
            kind: kind(&mut faults, self.kind.as_deref(), old.map(|old| old.kind)),
            hashtags: tags(
                &mut faults,
                &hashtags,
                self.hashtags,
                old.map(|old| &old.hashtags),
                hashtags_in(&content),
            ),
            mentions: tags(
                &mut faults,
                &mentions,
                self.mentions,
                old.map(|old| &old.mentions),
                mentions_in(&content),
            ),
            visibility: self
                .visibility
                .or(old.map(|old| old.visibility))
                .unwrap_or(Visibility::Public),
            content,
            location,
            images,
        };
        faults.or(body)
    }
}

/// How tags of one sort are read.
struct Tagging {
    field: &'static str,
    problem: &'static str,
    read: fn(&str) -> Option<String>,
    most: usize,
}

fn kind(faults: &mut Faults, name: Option<&str>, old: Option<PostType>) -> PostType {
    match name {
        None => old.unwrap_or(PostType::General),
        Some("") => PostType::General,
        Some(name) => PostType::from_name(name).unwrap_or_else(|| {
            faults.add("type", "must be study, food, achievement, event or general");
            PostType::General
        }),
    }
}

/// Whose they are is for the media service to say.
fn images(faults: &mut Faults, images: Vec<String>, most: usize) -> Vec<String> {
    if images.len() > most {
        faults.add("images", format!("must be at most {most}"));
    }
    let mut seen = HashSet::new();
    if let Some(nth) = images.iter().position(|image| !seen.insert(image)) {
        faults.add(format!("images[{nth}]"), "is there twice");
    }
    images
}

/// Those that were given now, or else before, and then those in the text, each once.
fn tags(
    faults: &mut Faults,
    tagging: &Tagging,
    given: Option<Vec<String>>,
    old: Option<&Tags>,
    found: Vec<String>,
) -> Tags {
    let given = match given {
        None => old.map(|old| old.given.clone()).unwrap_or_default(),
        Some(given) => given_tags(faults, tagging, &given),
    };
    let mut all = given.clone();
    all.extend(found);
    let mut seen = HashSet::new();
    all.retain(|tag| seen.insert(tag.clone()));
    if all.len() > tagging.most {
        let problem = format!("must be at most {}, with those in the text", tagging.most);
        faults.add(tagging.field, problem);
    }
    Tags { given, all }
}

fn given_tags(faults: &mut Faults, tagging: &Tagging, given: &[String]) -> Vec<String> {
    let mut read = Vec::new();
    for (nth, text) in given.iter().enumerate() {
        match (tagging.read)(text) {
            Some(tag) if read.contains(&tag) => {}
            Some(tag) => read.push(tag),
            None => faults.add(format!("{}[{nth}]", tagging.field), tagging.problem),
        }
    }
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: PostLimits = PostLimits {
        characters: 2_000,
        images: 5,
        hashtags: 10,
        mentions: 10,
    };

    fn draft(content: &str) -> PostDraft {
        PostDraft {
            content: Some(content.to_owned()),
            ..PostDraft::default()
        }
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn faults(draft: PostDraft) -> Vec<String> {
        let violations = draft.judge(LIMITS).unwrap_err();
        violations.into_iter().map(|found| found.field).collect()
    }

    /// O-156, O-158.
    #[test]
    fn content_is_needed_and_bounded() {
        assert!(draft(&"😀".repeat(2_000)).judge(LIMITS).is_ok());
        for wrong in ["", " \n\t ", &"a".repeat(2_001), "a\0b"] {
            assert_eq!(faults(draft(wrong)), ["content"]);
        }
        assert_eq!(faults(PostDraft::default()), ["content"]);
    }

    /// O-159, O-160.
    #[test]
    fn given_and_found_tags_are_joined_and_counted_together() {
        let with = |hashtags: &[&str]| PostDraft {
            hashtags: Some(texts(hashtags)),
            mentions: Some(texts(&["@Ada"])),
            ..draft("#two words by @bob and @ada #Three")
        };
        let body = with(&["#One", "two"]).judge(LIMITS).unwrap();
        assert_eq!(body.hashtags.all, ["one", "two", "three"]);
        assert_eq!(body.hashtags.given, ["one", "two"]);
        assert_eq!(body.mentions.all, ["ada", "bob"]);
        let nine: Vec<String> = (0..9).map(|nth| format!("tag{nth}")).collect();
        let nine: Vec<&str> = nine.iter().map(String::as_str).collect();
        assert_eq!(faults(with(&nine)), ["hashtags"]);
        assert_eq!(faults(with(&["good", "not good"])), ["hashtags[1]"]);
    }

    #[test]
    fn every_field_at_fault_is_named() {
        let wrong = PostDraft {
            kind: Some("sport".to_owned()),
            location: Some("x".repeat(256)),
            images: Some(texts(&["a", "b", "a", "c", "d", "e"])),
            mentions: Some(texts(&["Ada Lovelace"])),
            ..draft("")
        };
        let named = [
            "content",
            "location",
            "images",
            "images[2]",
            "type",
            "mentions[0]",
        ];
        assert_eq!(faults(wrong), named);
    }

    #[test]
    fn a_change_leaves_what_is_not_said() {
        let before = PostDraft {
            kind: Some("food".to_owned()),
            location: Some("canteen".to_owned()),
            hashtags: Some(texts(&["lunch"])),
            images: Some(texts(&["a", "b"])),
            ..draft("soup #soup")
        }
        .judge(LIMITS)
        .unwrap();
        let after = draft("cake #cake").change(&before, LIMITS).unwrap();
        assert_eq!(after.content, "cake #cake");
        assert_eq!(after.hashtags.all, ["lunch", "cake"]);
        let same = (after.kind, after.location.as_str(), after.images);
        assert_eq!(same, (PostType::Food, "canteen", texts(&["a", "b"])));
        let cleared = PostDraft {
            location: Some(String::new()),
            hashtags: Some(Vec::new()),
            ..PostDraft::default()
        };
        let cleared = cleared.change(&before, LIMITS).unwrap();
        assert_eq!(cleared.location, "");
        assert_eq!(cleared.hashtags.all, ["soup"]);
    }
}
