//! What stands behind links (C-140).

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
