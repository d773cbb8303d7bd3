//! Between messages and domain values.

use chrono::{DateTime, Utc};
use oruma_proto::auth::v1 as proto;
use oruma_rpc_error::Fault;
use tonic::Status;

use crate::domain::profile::{Availability, Preferences};
use crate::domain::session::{RevokedSession, Tokens};
use crate::domain::university::{
    Admissions, Campus, Demographics, Tuition, University, UniversityDetail,
};
use crate::domain::user::{User, UserCard};
use crate::error::Error;
use secrecy::ExposeSecret;

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        error.into_status()
    }
}

/// Reads a time; `None` for one that no calendar has.
pub(super) fn time(timestamp: pbjson_types::Timestamp) -> Option<DateTime<Utc>> {
    timestamp.try_into().ok()
}

/// Reads a status; `None` for none.
pub(super) fn availability(status: proto::UserStatus) -> Option<Availability> {
    match status {
        proto::UserStatus::Unspecified => None,
        proto::UserStatus::Online => Some(Availability::Online),
        proto::UserStatus::Away => Some(Availability::Away),
        proto::UserStatus::Busy => Some(Availability::Busy),
        proto::UserStatus::InMeeting => Some(Availability::InMeeting),
        proto::UserStatus::Offline => Some(Availability::Offline),
    }
}

impl From<Availability> for proto::UserStatus {
    fn from(availability: Availability) -> Self {
        match availability {
            Availability::Online => Self::Online,
            Availability::Away => Self::Away,
            Availability::Busy => Self::Busy,
            Availability::InMeeting => Self::InMeeting,
            Availability::Offline => Self::Offline,
        }
    }
}

impl From<Preferences> for proto::Preferences {
    fn from(preferences: Preferences) -> Self {
        Self {
            notifications: preferences.notifications,
            sound_enabled: preferences.sound_enabled,
            timezone: preferences.timezone,
        }
    }
}

impl From<User> for proto::User {
    fn from(user: User) -> Self {
        Self {
            phone: user.phone.unwrap_or_default(),
            status: proto::UserStatus::from(user.availability).into(),
            status_message: user.status_message.unwrap_or_default(),
            preferences: Some(user.preferences.into()),
            id: user.id.to_string(),
            number: user.number,
            handle: user.handle,
            display_name: user.display_name,
            email: user.email,
            email_verified: user.email_verified_at.is_some(),
            role: user.role.to_proto().into(),
            university: user.university,
            university_id: user
                .university_id
                .map(|id| id.to_string())
                .unwrap_or_default(),
            avatar_url: user.avatar_url.unwrap_or_default(),
            created_at: Some(user.created_at.into()),
            updated_at: Some(user.updated_at.into()),
            last_login_at: user.last_login_at.map(Into::into),
            last_seen_at: user.last_seen_at.map(Into::into),
        }
    }
}

impl From<UserCard> for proto::UserCard {
    fn from(card: UserCard) -> Self {
        Self {
            id: card.id.to_string(),
            number: card.number,
            handle: card.handle,
            display_name: card.display_name,
            university: card.university,
            avatar_url: card.avatar_url.unwrap_or_default(),
            version: card.version,
            email: card.email,
            phone: card.phone.unwrap_or_default(),
            status: proto::UserStatus::from(card.availability).into(),
            status_message: card.status_message.unwrap_or_default(),
            timezone: card.timezone,
            created_at: Some(card.created_at.into()),
            last_seen_at: card.last_seen_at.map(Into::into),
        }
    }
}

impl From<Tokens> for proto::Tokens {
    fn from(tokens: Tokens) -> Self {
        Self {
            access_token: tokens.access.expose_secret().to_owned(),
            refresh_token: tokens.refresh.expose().to_owned(),
            access_expires_at: Some(tokens.access_expires_at.into()),
            refresh_expires_at: Some(tokens.refresh_expires_at.into()),
        }
    }
}

impl From<&RevokedSession> for proto::RevokedSession {
    fn from(session: &RevokedSession) -> Self {
        Self {
            session_id: session.id.to_string(),
            revoked_at: Some(session.revoked_at.into()),
            forget_at: Some(session.forget_at.into()),
        }
    }
}

impl From<University> for proto::University {
    fn from(university: University) -> Self {
        let entry = university.entry;
        Self {
            id: university.id.to_string(),
            name: entry.name,
            country: entry.country,
            country_code: entry.country_code,
            state: entry.state,
            city: entry.city,
            r#type: entry.kind.name().to_owned(),
            search_terms: entry.search_terms,
            website: entry.website,
            enrollment: entry.enrollment,
            established: entry.established,
            accreditation: university.accreditation,
            programs: university.programs,
            latitude: entry.latitude,
            longitude: entry.longitude,
            detail: None,
        }
    }
}

impl From<UniversityDetail> for proto::UniversityDetail {
    fn from(detail: UniversityDetail) -> Self {
        Self {
            description: detail.description,
            campuses: detail.campuses.into_iter().map(Into::into).collect(),
            admissions: detail.admissions.map(Into::into),
            tuition: detail.tuition.map(Into::into),
            demographics: detail.demographics.map(Into::into),
        }
    }
}

impl From<Campus> for proto::Campus {
    fn from(campus: Campus) -> Self {
        Self {
            name: campus.name,
            address: campus.address,
            city: campus.city,
            state: campus.state,
        }
    }
}

impl From<Admissions> for proto::Admissions {
    fn from(admissions: Admissions) -> Self {
        Self {
            acceptance_rate: admissions.acceptance_rate,
            sat_scores: admissions
                .sat
                .map(|(math, verbal)| proto::SatScores { math, verbal }),
            act_scores: admissions
                .act
                .map(|composite| proto::ActScores { composite }),
            application_deadline: admissions.application_deadline,
        }
    }
}

impl From<Tuition> for proto::Tuition {
    fn from(tuition: Tuition) -> Self {
        Self {
            in_state: tuition.in_state,
            out_of_state: tuition.out_of_state,
            international: tuition.international,
        }
    }
}

impl From<Demographics> for proto::Demographics {
    fn from(people: Demographics) -> Self {
        Self {
            total_students: people.total,
            undergraduate_students: people.undergraduate,
            graduate_students: people.graduate,
            international_students: people.international,
        }
    }
}
