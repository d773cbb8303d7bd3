//! How people look beside what they do: enough for a name and a picture, and nothing that is private.

use oruma_proto::auth::v1::UserCard;
use serde::{Deserialize, Serialize};

/// How somebody looks to others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Face {
    /// A UUID; empty for somebody who is gone.
    pub(crate) id: String,
    pub(crate) name: String,
    /// Where the picture is, as auth knows it; empty when there is none.
    pub(crate) picture: String,
}

/// Some people, sorted by their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Faces(Vec<Face>);

impl Faces {
    /// Those of some cards.
    pub(crate) fn of_cards<'a>(cards: impl IntoIterator<Item = &'a UserCard>) -> Self {
        let face = |card: &UserCard| Face {
            id: card.id.clone(),
            name: card.display_name.clone(),
            picture: card.avatar_url.clone(),
        };
        let mut faces: Vec<Face> = cards.into_iter().map(face).collect();
        faces.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        Self(faces)
    }

    /// How somebody looks; without a name where that is not known.
    pub(crate) fn of(&self, id: &str) -> Face {
        let found = self.0.binary_search_by(|face| face.id.as_str().cmp(id));
        let found = found.ok().and_then(|place| self.0.get(place));
        found.cloned().unwrap_or_else(|| Face {
            id: id.to_owned(),
            ..Face::default()
        })
    }

    /// Whether nobody is among them.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_found_by_their_ids() {
        let cards = ["c", "a", "b"].map(|id| UserCard {
            id: id.to_owned(),
            display_name: id.to_uppercase(),
            ..UserCard::default()
        });
        let faces = Faces::of_cards(&cards);
        assert_eq!(
            (faces.of("a").name, faces.of("c").name),
            ("A".to_owned(), "C".to_owned())
        );
        assert_eq!(
            (faces.of("z").id, faces.of("z").name),
            ("z".to_owned(), String::new())
        );
    }
}
