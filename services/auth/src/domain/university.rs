//! The universities directory.

use oruma_ids::UniversityId;
use serde::{Deserialize, Serialize};

use super::folding::fold;

/// What kind of institution it is (O-064).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UniversityType {
    /// Run by a state.
    Public,
    /// Run by a foundation or company not for profit.
    Private,
    /// A community college.
    Community,
    /// An institute of technology.
    Technical,
    /// A historically Black college or university.
    Hbcu,
    /// Run by a tribal nation.
    Tribal,
    /// Run by a church.
    Religious,
    /// Run for profit.
    ForProfit,
}

impl UniversityType {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Public,
        Self::Private,
        Self::Community,
        Self::Technical,
        Self::Hbcu,
        Self::Tribal,
        Self::Religious,
        Self::ForProfit,
    ];

    /// Its name in the contract.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::Community => "community",
            Self::Technical => "technical",
            Self::Hbcu => "hbcu",
            Self::Tribal => "tribal",
            Self::Religious => "religious",
            Self::ForProfit => "for-profit",
        }
    }

    /// The type of that name, without regard to case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name().eq_ignore_ascii_case(name.trim()))
    }

    /// The best guess for a source that doesn't tell.
    #[must_use]
    pub fn guess(name: &str) -> Self {
        let name = fold(name);
        let has = |word: &str| name.split(' ').any(|found| found == word);
        if has("community") {
            Self::Community
        } else if [
            "technology",
            "technological",
            "technical",
            "polytechnic",
            "technische",
            "politecnico",
        ]
        .iter()
        .any(|word| has(word))
        {
            Self::Technical
        } else if ["seminary", "theological", "bible", "yeshiva"]
            .iter()
            .any(|word| has(word))
        {
            Self::Religious
        } else {
            Self::Public
        }
    }
}

/// What a source tells of a university.
#[derive(Debug, Clone, PartialEq)]
pub struct UniversityEntry {
    /// The official name.
    pub name: String,
    /// The country in English.
    pub country: String,
    /// ISO 3166-1 alpha-2.
    pub country_code: String,
    /// State, province or region; empty when unknown.
    pub state: String,
    /// City; empty when unknown.
    pub city: String,
    /// What kind it is.
    pub kind: UniversityType,
    /// Words and short names that find it.
    pub search_terms: Vec<String>,
    /// Its home page.
    pub website: Option<String>,
    /// Number of students.
    pub enrollment: Option<i32>,
    /// Year of founding.
    pub established: Option<i32>,
    /// Degrees north.
    pub latitude: Option<f64>,
    /// Degrees east.
    pub longitude: Option<f64>,
}

impl UniversityEntry {
    /// What must be unique in a country.
    #[must_use]
    pub fn name_key(&self) -> String {
        fold(&self.name)
    }

    /// What searches read.
    #[must_use]
    pub fn search_text(&self) -> String {
        let mut text = self.name_key();
        for part in self.search_terms.iter().chain([&self.city, &self.state]) {
            text.push(' ');
            text.push_str(&fold(part));
        }
        text
    }
}

/// An entry of the directory.
#[derive(Debug, Clone, PartialEq)]
pub struct University {
    /// The id.
    pub id: UniversityId,
    /// What is known at a glance.
    pub entry: UniversityEntry,
    /// Who accredits it.
    pub accreditation: Vec<String>,
    /// What it teaches.
    pub programs: Vec<String>,
}

/// What more the directory may know. Stored as JSON in these very names.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UniversityDetail {
    /// A few sentences.
    pub description: Option<String>,
    /// Its places.
    pub campuses: Vec<Campus>,
    /// How to get in.
    pub admissions: Option<Admissions>,
    /// What a year costs, in US dollars.
    pub tuition: Option<Tuition>,
    /// Who studies there.
    pub demographics: Option<Demographics>,
}

/// One place of a university.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Campus {
    /// Its name.
    pub name: String,
    /// Street and number.
    pub address: String,
    /// City.
    pub city: String,
    /// State, province or region.
    pub state: String,
}

/// How to get in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Admissions {
    /// Share of applicants that are taken, 0 to 1.
    pub acceptance_rate: Option<f64>,
    /// SAT results: mathematics, and reading and writing.
    pub sat: Option<(f64, f64)>,
    /// ACT result: composite.
    pub act: Option<f64>,
    /// Until when to apply.
    pub application_deadline: Option<String>,
}

/// What a year costs, in US dollars.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tuition {
    /// For residents of the state.
    pub in_state: Option<f64>,
    /// For others of the country.
    pub out_of_state: Option<f64>,
    /// For those from abroad.
    pub international: Option<f64>,
}

/// Who studies at a university.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Demographics {
    /// All students.
    pub total: i64,
    /// Before a first degree.
    pub undergraduate: i64,
    /// After it.
    pub graduate: i64,
    /// From abroad.
    pub international: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_named_as_the_contract_names_them() {
        for kind in UniversityType::ALL {
            assert_eq!(UniversityType::from_name(kind.name()), Some(kind));
        }
        assert_eq!(
            UniversityType::from_name("For-Profit"),
            Some(UniversityType::ForProfit)
        );
        assert_eq!(UniversityType::from_name("famous"), None);
    }

    #[test]
    fn a_name_may_give_the_type_away() {
        assert_eq!(
            UniversityType::guess("Foothill Community College"),
            UniversityType::Community
        );
        assert_eq!(
            UniversityType::guess("Technische Universität Wien"),
            UniversityType::Technical
        );
        assert_eq!(
            UniversityType::guess("Universidad de Chile"),
            UniversityType::Public
        );
    }
}
