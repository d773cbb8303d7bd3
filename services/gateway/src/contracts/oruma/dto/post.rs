//! Posts.

use oruma_proto::media::v1::ImageFolder;
use oruma_proto::social::v1 as proto;
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;

use super::super::submission::{Fields, list};
use super::image::url_of;
use crate::compose::Owned;
use crate::failure::Failure;
use crate::times::iso;

/// A post (O-011).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Post {
    /// UUID.
    id: String,
    /// UUID of who wrote it.
    author_id: String,
    /// The author's name.
    author: String,
    /// The author's handle, as in mentions.
    username: String,
    /// The author's university when it was written; empty when there was none.
    university: String,
    /// When it was written: the same as `createdAt`.
    #[schema(example = "2026-11-21T14:00:00.000Z")]
    time: String,
    /// Where.
    #[serde(skip_serializing_if = "String::is_empty")]
    location: String,
    /// The text.
    content: String,
    /// How many like it.
    likes: i64,
    /// How many comments it has, replies included.
    comments: i64,
    /// How many saved it.
    saves: i64,
    /// How many have looked at it.
    views: i64,
    /// Where its images are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    images: Vec<String>,
    /// Whether the caller likes it.
    liked: bool,
    /// Whether the caller saved it.
    saved: bool,
    /// study, food, achievement, event or general.
    #[schema(example = "general")]
    r#type: String,
    /// Without `#`, in lower case.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashtags: Vec<String>,
    /// Usernames.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mentions: Vec<String>,
    /// When it was written.
    created_at: String,
    /// When its author last changed it.
    updated_at: String,
    /// Where a search hit, in HTML with `<mark>`; only where it was asked for.
    #[serde(skip_serializing_if = "String::is_empty")]
    highlight: String,
}

/// A page of posts.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct PostsPage {
    posts: Vec<Post>,
    /// Whether there is another page.
    has_more: bool,
    /// What to send as `cursor` for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// Answer of `POST /api/posts`.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct CreatedPost {
    pub(in super::super) post: Post,
}

/// Body of `POST /api/posts` and `PUT /api/posts/{postId}`; as a form, lists are JSON arrays, and `images` may be files. A change leaves what is
/// absent as it is.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(in super::super) struct PostRequest {
    /// 1 to 2,000 characters.
    #[schema(example = "Who joins the study group on #compilers? @bob.stone")]
    pub(in super::super) content: Option<String>,
    /// study, food, achievement, event or general, which is the default.
    #[schema(example = "study")]
    pub(in super::super) r#type: Option<String>,
    /// Up to 255 characters.
    pub(in super::super) location: Option<String>,
    /// At most 10, with those in the text.
    pub(in super::super) hashtags: Option<Vec<String>>,
    /// Usernames; at most 10, with those in the text.
    pub(in super::super) mentions: Option<Vec<String>>,
    /// URLs of one's own uploads; at most 5.
    pub(in super::super) images: Option<Vec<String>>,
}

/// Answer of `POST /api/posts/{postId}/like` and `POST /api/comments/{commentId}/like`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Liked {
    /// Whether the caller likes it now.
    pub(in super::super) liked: bool,
    /// How many do.
    pub(in super::super) likes_count: i64,
}

/// Answer of `POST /api/posts/{postId}/save`.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct Saved {
    /// Whether the caller has it saved now.
    pub(in super::super) saved: bool,
}

impl Post {
    pub(in super::super) fn new(authored: Owned<proto::Post>, public_url: &Url) -> Self {
        let Owned { thing, owner } = authored;
        let proto::Post {
            id,
            number: _,
            author_id,
            university,
            content,
            r#type,
            location,
            images,
            hashtags,
            mentions,
            visibility: _,
            like_count,
            comment_count,
            save_count,
            view_count,
            liked,
            saved,
            created_at,
            updated_at,
            highlight,
        } = thing;
        let created_at = iso(created_at);
        Self {
            id,
            author_id,
            author: owner.display_name.clone(),
            username: owner.handle.clone(),
            university,
            time: created_at.clone(),
            location,
            content,
            likes: like_count,
            comments: comment_count,
            saves: save_count,
            views: view_count,
            images: images.iter().map(|path| url_of(public_url, path)).collect(),
            liked,
            saved,
            r#type,
            hashtags,
            mentions,
            created_at,
            updated_at: iso(updated_at),
            highlight,
        }
    }
}

impl PostsPage {
    pub(in super::super) fn new(
        posts: Vec<Owned<proto::Post>>,
        next_page_token: String,
        public_url: &Url,
    ) -> Self {
        Self {
            posts: posts
                .into_iter()
                .map(|post| Post::new(post, public_url))
                .collect(),
            has_more: !next_page_token.is_empty(),
            next_cursor: Some(next_page_token).filter(|token| !token.is_empty()),
        }
    }
}

impl Fields for PostRequest {
    const FILES: &'static str = "images";
    const ONE_FILE: bool = false;
    const FOLDER: ImageFolder = ImageFolder::Posts;

    fn set(&mut self, name: &str, text: String) -> Result<(), Failure> {
        match name {
            "content" => self.content = Some(text),
            "type" => self.r#type = Some(text),
            "location" => self.location = Some(text),
            "hashtags" => self.hashtags = Some(list(name, &text)?),
            "mentions" => self.mentions = Some(list(name, &text)?),
            _ => {}
        }
        Ok(())
    }

    fn urls(&mut self) -> Option<Vec<String>> {
        self.images.take()
    }
}

impl PostRequest {
    /// A new post; `images` are paths.
    pub(in super::super) fn into_create(self, images: Vec<String>) -> proto::CreatePostRequest {
        let Self {
            content,
            r#type,
            location,
            hashtags,
            mentions,
            images: _,
        } = self;
        proto::CreatePostRequest {
            content: content.unwrap_or_default(),
            r#type: r#type.unwrap_or_default(),
            location: location.unwrap_or_default(),
            images,
            hashtags: hashtags.unwrap_or_default(),
            mentions: mentions.unwrap_or_default(),
            visibility: proto::Visibility::Public.into(),
        }
    }

    /// A change of a post; `images` are paths, `None` to leave them.
    pub(in super::super) fn into_update(
        self,
        post_id: String,
        images: Option<Vec<String>>,
    ) -> proto::UpdatePostRequest {
        let Self {
            content,
            r#type,
            location,
            hashtags,
            mentions,
            images: _,
        } = self;
        let list = |values: Option<Vec<String>>| values.map(|values| proto::TextList { values });
        proto::UpdatePostRequest {
            post_id,
            content,
            r#type,
            location,
            images: list(images),
            hashtags: list(hashtags),
            mentions: list(mentions),
            visibility: None,
        }
    }
}
