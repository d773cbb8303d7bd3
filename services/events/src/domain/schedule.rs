//! Days and times of events.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc};

/// When an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// The organiser's offset from UTC, in minutes.
    pub utc_offset_minutes: i32,
}

/// A day somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// The day.
    pub date: NaiveDate,
    /// The offset from UTC there, in minutes.
    pub utc_offset_minutes: i32,
}

// === impl Day ===

impl Day {
    /// Reads `YYYY-MM-DD` or an ISO time, whose offset counts and whose hours do not. Without an offset it is UTC.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (day, rest) = text.trim().split_at_checked(10)?;
        let date = read_date(day)?;
        let utc_offset_minutes = match rest {
            "" => 0,
            time => read_offset_of_time(time.strip_prefix(['T', 't', ' '])?)?,
        };
        Some(Self {
            date,
            utc_offset_minutes,
        })
    }
}

fn read_date(text: &str) -> Option<NaiveDate> {
    let mut parts = text.split('-');
    let year = digits(parts.next()?, 4)?;
    let month = digits(parts.next()?, 2)?;
    let day = digits(parts.next()?, 2)?;
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    // The calendar of the database has no year 0, and that of timestamps in JSON ends with the year 9999, wherever it does.
    (parts.next().is_none() && (1..9_999).contains(&date.year())).then_some(date)
}

/// The offset after a time of day: `10:00`, `10:00:00.000Z`, `10:00:00+03:00`.
fn read_offset_of_time(text: &str) -> Option<i32> {
    let (time, offset) = if let Some(time) = text.strip_suffix(['Z', 'z']) {
        (time, 0)
    } else if let Some(at) = text.find(['+', '-']) {
        let (time, offset) = text.split_at_checked(at)?;
        (time, read_offset(offset)?)
    } else {
        (text, 0)
    };
    let (minutes, seconds) = time.split_at_checked(5)?;
    parse_time(minutes)?;
    let valid = seconds.is_empty() || NaiveTime::parse_from_str(time, "%H:%M:%S%.f").is_ok();
    valid.then_some(offset)
}

/// `+03:00`, `-0530` or `+02`, in minutes.
fn read_offset(text: &str) -> Option<i32> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(text) => (-1, text),
        None => (1, text.strip_prefix('+')?),
    };
    let (hours, minutes) = text.split_at_checked(2)?;
    let hours = digits(hours, 2).filter(|hours| *hours < 24)?;
    let minutes = match minutes.strip_prefix(':').unwrap_or(minutes) {
        "" if minutes.is_empty() => 0,
        minutes => digits(minutes, 2).filter(|minutes| *minutes < 60)?,
    };
    Some(sign * i32::try_from(hours * 60 + minutes).ok()?)
}

/// Reads `HH:MM`, from 00:00 to 23:59.
#[must_use]
pub fn parse_time(text: &str) -> Option<NaiveTime> {
    let (hours, minutes) = text.split_once(':')?;
    NaiveTime::from_hms_opt(digits(hours, 2)?, digits(minutes, 2)?, 0)
}

fn digits(text: &str, count: usize) -> Option<u32> {
    let fits = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

// === impl Schedule ===

impl Schedule {
    /// From one time of a day to another.
    #[must_use]
    pub fn on(day: Day, start: NaiveTime, end: NaiveTime) -> Self {
        let offset = TimeDelta::minutes(day.utc_offset_minutes.into());
        Self {
            starts_at: day.date.and_time(start).and_utc() - offset,
            ends_at: day.date.and_time(end).and_utc() - offset,
            utc_offset_minutes: day.utc_offset_minutes,
        }
    }

    /// The day on which it begins, where it is.
    #[must_use]
    pub fn day(&self) -> Day {
        Day {
            date: self.there(self.starts_at).date(),
            utc_offset_minutes: self.utc_offset_minutes,
        }
    }

    /// When it begins, by the clocks there.
    #[must_use]
    pub fn start_time(&self) -> NaiveTime {
        self.there(self.starts_at).time()
    }

    /// When it ends, by the clocks there.
    #[must_use]
    pub fn end_time(&self) -> NaiveTime {
        self.there(self.ends_at).time()
    }

    /// The day that a time is on, where the event is.
    #[must_use]
    pub fn day_there(&self, time: DateTime<Utc>) -> NaiveDate {
        self.there(time).date()
    }

    fn there(&self, time: DateTime<Utc>) -> chrono::NaiveDateTime {
        time.naive_utc() + TimeDelta::minutes(self.utc_offset_minutes.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_with_their_offset() {
        for (text, date, offset) in [
            ("2027-02-28", "2027-02-28", 0),
            (" 2028-02-29 ", "2028-02-29", 0),
            ("2027-05-01T10:00", "2027-05-01", 0),
            ("2027-05-01T10:00:00", "2027-05-01", 0),
            ("2027-05-01T23:30:00.000Z", "2027-05-01", 0),
            ("2027-05-01T23:30:00+03:00", "2027-05-01", 180),
            ("2027-05-01T23:30:00.5-0530", "2027-05-01", -330),
            ("2027-05-01T00:00+02", "2027-05-01", 120),
        ] {
            let day = Day::parse(text).unwrap();
            assert_eq!(day.date.to_string(), date, "{text}");
            assert_eq!(day.utc_offset_minutes, offset, "{text}");
        }
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for wrong in [
            "",
            "tomorrow",
            "2027-02-31",
            "2027-13-01",
            "0000-01-01",
            "2027-1-1",
            "+2027-01-01",
            "12027-01-01",
            "2027-01-01T",
            "2027-01-01T25:00:00Z",
            "2027-01-01T10:61:00Z",
            "2027-01-01T10:00:00+24:00",
            "2027-01-01T10:00:00+03:",
            "2027-01-01T10:00:00+03:60",
            "2027-01-01X10:00:00",
            "2027-01-01T10:00:00Zzz",
            "2027/01/01",
            "２０２７-01-01",
        ] {
            assert_eq!(Day::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn times_are_of_a_day_of_24_hours() {
        for right in ["00:00", "09:05", "23:59"] {
            let read = parse_time(right).unwrap();
            assert_eq!(read.format("%H:%M").to_string(), right);
        }
        for wrong in [
            "", "24:00", "25:61", "12:60", "9:05", "09:5", "0905", "09:05:00", "-1:00", "aa:bb",
        ] {
            assert_eq!(parse_time(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_schedule_tells_what_it_was_made_from() {
        let day = Day::parse("2027-05-01T00:00:00+10:00").unwrap();
        let (start, end) = (parse_time("01:30").unwrap(), parse_time("23:00").unwrap());
        let schedule = Schedule::on(day, start, end);
        let utc = "2027-04-30T15:30:00Z".parse::<DateTime<Utc>>().unwrap();
        assert_eq!(schedule.starts_at, utc);
        assert_eq!(schedule.day(), day);
        assert_eq!((schedule.start_time(), schedule.end_time()), (start, end));
    }
}
