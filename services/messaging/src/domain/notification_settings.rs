//! What people want to be told of (C-059, C-060, C-176). It stops the push, and not the list.

use chrono::{DateTime, NaiveTime, Timelike, Utc};
use chrono_tz::Tz;
use oruma_ids::ConversationId;

use super::notification::NotificationKind;

/// Conversations for which a person can wish something of their own.
pub const MOST_CONVERSATIONS: usize = 1_000;

/// What a person wants to be told of in one conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Everything.
    All,
    /// Being mentioned.
    Mentions,
    /// Nothing.
    Nothing,
}

impl Level {
    /// Its name, as in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Mentions => "mentions",
            Self::Nothing => "nothing",
        }
    }

    /// That of the name. The schema allows no other.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        match name {
            "mentions" => Self::Mentions,
            "nothing" => Self::Nothing,
            _ => Self::All,
        }
    }
}

/// A time of each day, on the person's clock, in which nothing is pushed. It may go over midnight; from a minute to the same minute it is the whole day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DoNotDisturb {
    /// Whether it holds.
    pub enabled: bool,
    /// Its first minute.
    pub start: NaiveTime,
    /// The first minute behind it.
    pub end: NaiveTime,
}

impl DoNotDisturb {
    /// Whether it holds at a time, for somebody whose clock stands there.
    #[must_use]
    pub fn holds(&self, now: DateTime<Utc>, timezone: &str) -> bool {
        // A zone that is not known is UTC, as none.
        let zone: Tz = timezone.parse().unwrap_or(Tz::UTC);
        let time = now.with_timezone(&zone).time();
        let is_within = if self.start < self.end {
            self.start <= time && time < self.end
        } else {
            self.start <= time || time < self.end
        };
        self.enabled && is_within
    }
}

impl Default for DoNotDisturb {
    /// At night, once somebody wants it.
    fn default() -> Self {
        Self {
            enabled: false,
            start: NaiveTime::from_hms_opt(22, 0, 0).unwrap_or_default(),
            end: NaiveTime::from_hms_opt(7, 0, 0).unwrap_or_default(),
        }
    }
}

/// What a person wants to be told of in one conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConversationLevel {
    /// The conversation.
    pub conversation: ConversationId,
    /// Whether at all.
    pub enabled: bool,
    /// Of what.
    pub level: Level,
}

/// What a person wants to be told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Whether at all.
    pub enabled: bool,
    /// Whether with a sound.
    pub sound_enabled: bool,
    /// Where it is otherwise than by default.
    pub conversations: Vec<ConversationLevel>,
    /// When not.
    pub do_not_disturb: DoNotDisturb,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            enabled: true,
            sound_enabled: true,
            conversations: Vec::new(),
            do_not_disturb: DoNotDisturb::default(),
        }
    }
}

/// What a person wants to be told of where something happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TellingWish {
    /// Whether at all.
    pub enabled: bool,
    /// Of what in the conversation.
    pub level: Level,
    /// When not.
    pub do_not_disturb: DoNotDisturb,
    /// Where the person's clock stands.
    pub timezone: String,
}

impl TellingWish {
    /// Whether the person does not want to be told of it now.
    #[must_use]
    pub fn silences(&self, kind: NotificationKind, now: DateTime<Utc>) -> bool {
        let is_wanted = match self.level {
            Level::All => true,
            Level::Mentions => kind == NotificationKind::Mention,
            Level::Nothing => false,
        };
        !self.enabled || !is_wanted || self.do_not_disturb.holds(now, &self.timezone)
    }
}

/// Reads a minute of the day: `07:30`.
///
/// # Errors
/// What is wrong with it, as the end of a sentence.
pub fn judge_minute(text: &str) -> Result<NaiveTime, &'static str> {
    const WRONG: &str = "must be a time such as 07:30";
    // The parser would take one digit and a space too.
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if text.len() != 5 || digits != 4 {
        return Err(WRONG);
    }
    NaiveTime::parse_from_str(text, "%H:%M").map_err(|_| WRONG)
}

/// Writes a minute of the day.
#[must_use]
pub fn minute(time: NaiveTime) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(start: &str, end: &str) -> DoNotDisturb {
        DoNotDisturb {
            enabled: true,
            start: judge_minute(start).unwrap(),
            end: judge_minute(end).unwrap(),
        }
    }

    #[test]
    fn minutes_are_read_strictly() {
        for right in ["00:00", "07:30", "23:59"] {
            assert_eq!(minute(judge_minute(right).unwrap()), right);
        }
        for wrong in [
            "", "7:30", "24:00", "07:60", "07-30", "07:30:00", " 7:30", "+7:30", "ab:cd",
        ] {
            assert!(judge_minute(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn nights_go_over_midnight_on_the_persons_clock() {
        let night = between("22:00", "07:00");
        let at = |time: &str| time.parse::<DateTime<Utc>>().unwrap();
        for (time, zone, holds) in [
            ("2027-01-15T22:00:00Z", "", true),
            ("2027-01-15T21:59:59Z", "", false),
            ("2027-01-15T06:59:59Z", "UTC", true),
            ("2027-01-15T07:00:00Z", "Nowhere/Land", false),
            ("2027-01-15T18:00:00Z", "Asia/Dubai", true),
            ("2027-01-15T17:59:00Z", "Asia/Dubai", false),
            // In summer the clock of Berlin is two hours ahead, in winter one.
            ("2027-07-15T20:00:00Z", "Europe/Berlin", true),
            ("2027-01-15T20:30:00Z", "Europe/Berlin", false),
            ("2027-07-15T05:30:00Z", "Europe/Berlin", false),
            ("2027-01-15T05:30:00Z", "Europe/Berlin", true),
        ] {
            assert_eq!(night.holds(at(time), zone), holds, "{time} {zone}");
        }
        let noon = between("12:00", "13:00");
        assert!(noon.holds(at("2027-01-15T12:30:00Z"), ""));
        assert!(!noon.holds(at("2027-01-15T13:00:00Z"), ""));
        assert!(between("12:00", "12:00").holds(at("2027-01-15T03:00:00Z"), ""));
        let off = DoNotDisturb {
            enabled: false,
            ..night
        };
        assert!(!off.holds(at("2027-01-15T23:00:00Z"), ""));
    }

    #[test]
    fn levels_say_what_is_wanted() {
        let now = "2027-01-15T12:00:00Z".parse().unwrap();
        for (enabled, level, kind, silent) in [
            (true, Level::All, NotificationKind::Reaction, false),
            (false, Level::All, NotificationKind::Mention, true),
            (true, Level::Mentions, NotificationKind::Mention, false),
            (true, Level::Mentions, NotificationKind::ThreadReply, true),
            (true, Level::Nothing, NotificationKind::Mention, true),
        ] {
            let wish = TellingWish {
                enabled,
                level,
                do_not_disturb: DoNotDisturb::default(),
                timezone: String::new(),
            };
            assert_eq!(wish.silences(kind, now), silent, "{level:?} {kind:?}");
        }
    }
}
