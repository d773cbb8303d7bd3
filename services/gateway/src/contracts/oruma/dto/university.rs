//! The universities directory.

use oruma_proto::auth::v1 as proto;
use serde::Serialize;
use utoipa::ToSchema;

/// An entry of the directory (O-064).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct University {
    /// UUID.
    id: String,
    /// The official name.
    name: String,
    /// State, province or region; empty when unknown.
    state: String,
    /// City; empty when unknown.
    city: String,
    /// public, private, community, technical, hbcu, tribal, religious or for-profit.
    #[schema(example = "private")]
    r#type: String,
    /// Words and short names that find it.
    search_terms: Vec<String>,
    /// Its home page.
    #[serde(skip_serializing_if = "Option::is_none")]
    website: Option<String>,
    /// Number of students.
    #[serde(skip_serializing_if = "Option::is_none")]
    enrollment: Option<i32>,
    /// Year of founding.
    #[serde(skip_serializing_if = "Option::is_none")]
    established: Option<i32>,
    /// Who accredits it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    accreditation: Vec<String>,
    /// What it teaches.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    programs: Vec<String>,
    /// Degrees north.
    #[serde(skip_serializing_if = "Option::is_none")]
    latitude: Option<f64>,
    /// Degrees east.
    #[serde(skip_serializing_if = "Option::is_none")]
    longitude: Option<f64>,
    /// The country in English.
    country: String,
}

/// An entry with all that the directory knows (O-065).
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct UniversityDetail {
    #[serde(flatten)]
    university: University,
    /// A few sentences.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// Its places.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    campuses: Vec<Campus>,
    /// How to get in.
    #[serde(skip_serializing_if = "Option::is_none")]
    admissions: Option<Admissions>,
    /// What a year costs, in US dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    tuition: Option<Tuition>,
    /// Who studies there.
    #[serde(skip_serializing_if = "Option::is_none")]
    demographics: Option<Demographics>,
}

/// One place of a university.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct Campus {
    name: String,
    address: String,
    city: String,
    state: String,
}

/// How to get in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Admissions {
    /// Share of applicants that are taken, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    acceptance_rate: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sat_scores: Option<SatScores>,
    #[serde(skip_serializing_if = "Option::is_none")]
    act_scores: Option<ActScores>,
    /// Until when to apply.
    #[serde(skip_serializing_if = "Option::is_none")]
    application_deadline: Option<String>,
}

/// Usual results of the SAT.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct SatScores {
    math: f64,
    verbal: f64,
}

/// Usual results of the ACT.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct ActScores {
    composite: f64,
}

/// What a year costs, in US dollars.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Tuition {
    #[serde(skip_serializing_if = "Option::is_none")]
    in_state: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    out_of_state: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    international: Option<f64>,
}

/// Who studies at a university.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Demographics {
    total_students: i64,
    undergraduate_students: i64,
    graduate_students: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    international_students: Option<i64>,
}

/// A page of entries.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct UniversitiesPage {
    universities: Vec<University>,
    /// How many match in all.
    total: i64,
    /// Whether there is another page.
    has_more: bool,
    /// What to send as `cursor` for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

impl From<proto::SearchUniversitiesResponse> for UniversitiesPage {
    fn from(page: proto::SearchUniversitiesResponse) -> Self {
        let proto::SearchUniversitiesResponse {
            universities,
            total,
            next_page_token,
        } = page;
        Self {
            universities: universities.into_iter().map(University::from).collect(),
            total,
            has_more: !next_page_token.is_empty(),
            next_cursor: Some(next_page_token).filter(|token| !token.is_empty()),
        }
    }
}

impl From<proto::University> for University {
    fn from(university: proto::University) -> Self {
        let proto::University {
            id,
            name,
            country,
            country_code: _,
            state,
            city,
            r#type,
            search_terms,
            website,
            enrollment,
            established,
            accreditation,
            programs,
            latitude,
            longitude,
            detail: _,
        } = university;
        Self {
            id,
            name,
            state,
            city,
            r#type,
            search_terms,
            website,
            enrollment,
            established,
            accreditation,
            programs,
            latitude,
            longitude,
            country,
        }
    }
}

impl From<proto::University> for UniversityDetail {
    fn from(mut university: proto::University) -> Self {
        let proto::UniversityDetail {
            description,
            campuses,
            admissions,
            tuition,
            demographics,
        } = university.detail.take().unwrap_or_default();
        Self {
            university: university.into(),
            description,
            campuses: campuses.into_iter().map(Campus::from).collect(),
            admissions: admissions.map(Admissions::from),
            tuition: tuition.map(Tuition::from),
            demographics: demographics.map(Demographics::from),
        }
    }
}

impl From<proto::Campus> for Campus {
    fn from(campus: proto::Campus) -> Self {
        let proto::Campus {
            name,
            address,
            city,
            state,
        } = campus;
        Self {
            name,
            address,
            city,
            state,
        }
    }
}

impl From<proto::Admissions> for Admissions {
    fn from(admissions: proto::Admissions) -> Self {
        let proto::Admissions {
            acceptance_rate,
            sat_scores,
            act_scores,
            application_deadline,
        } = admissions;
        Self {
            acceptance_rate,
            sat_scores: sat_scores
                .map(|proto::SatScores { math, verbal }| SatScores { math, verbal }),
            act_scores: act_scores.map(|proto::ActScores { composite }| ActScores { composite }),
            application_deadline,
        }
    }
}

impl From<proto::Tuition> for Tuition {
    fn from(tuition: proto::Tuition) -> Self {
        let proto::Tuition {
            in_state,
            out_of_state,
            international,
        } = tuition;
        Self {
            in_state,
            out_of_state,
            international,
        }
    }
}

impl From<proto::Demographics> for Demographics {
    fn from(people: proto::Demographics) -> Self {
        let proto::Demographics {
            total_students,
            undergraduate_students,
            graduate_students,
            international_students,
        } = people;
        Self {
            total_students,
            undergraduate_students,
            graduate_students,
            international_students,
        }
    }
}
