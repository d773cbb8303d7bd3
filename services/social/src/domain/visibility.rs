//! Who may see a post (K-28).

/// Who may see a post. Its author always may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Everybody who is signed in.
    Public,
    /// The people of the author's university.
    University,
    /// The people who follow the author.
    Followers,
    /// The members of the space that it was written in.
    Space,
    /// Nobody else.
    Private,
}

impl Visibility {
    /// Its name, as in the database and in events.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::University => "university",
            Self::Followers => "followers",
            Self::Space => "space",
            Self::Private => "private",
        }
    }

    /// The visibility of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [
            Self::Public,
            Self::University,
            Self::Followers,
            Self::Space,
            Self::Private,
        ]
        .into_iter()
        .find(|visibility| visibility.name() == name)
    }
}
