//! Which events a list has, and in which order.

use chrono::NaiveDate;
use oruma_ids::UserId;
use oruma_rpc_error::Violation;
use oruma_text::Faults;

use super::draft::folded;
use super::schedule::Day;
use super::status::EventStatus;

/// What a caller asks for, as it came. What is empty does not narrow.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Words.
    pub query: String,
    /// A category.
    pub category: String,
    /// The name of a university.
    pub university: String,
    /// A day.
    pub date: String,
    /// A day.
    pub date_from: String,
    /// A day.
    pub date_to: String,
    /// Part of a location.
    pub location: String,
    /// The name of a status.
    pub status: String,
    /// Any of these.
    pub tags: Vec<String>,
    /// The name of an order.
    pub sort_by: String,
    /// A person.
    pub organizer_id: String,
    /// Whether only those that the caller is registered for.
    pub registered: bool,
    /// Whether only those that the caller saved.
    pub saved: bool,
}

/// Which events. What is empty does not narrow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filters {
    /// Words, in the syntax of web searches.
    pub query: String,
    /// In lower case.
    pub category: String,
    /// The name of a university.
    pub university: String,
    /// On this day.
    pub date: Option<NaiveDate>,
    /// On this day or later.
    pub from: Option<NaiveDate>,
    /// On this day or earlier.
    pub to: Option<NaiveDate>,
    /// Part of the location, in lower case.
    pub location: String,
    /// Where they are in their life.
    pub status: Option<EventStatus>,
    /// Any of these, in lower case.
    pub tags: Vec<String>,
    /// Organised by this person.
    pub organizer: Option<UserId>,
    /// Whether only those that the viewer is registered for.
    pub registered: bool,
    /// Whether only those that the viewer saved.
    pub saved: bool,
    /// In which order.
    pub sort: Sort,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// The soonest first.
    Date,
    /// The newest announcement first.
    Recent,
    /// The most registrations first, then the most saves.
    Popularity,
    /// The most free places first; those without limit before all.
    Capacity,
    /// The best match of the words first.
    Best,
}

impl Asked {
    /// Judges what is asked for.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn judge(self) -> Result<Filters, Vec<Violation>> {
        let mut faults = Faults::default();
        let query = self.query.trim();
        let filters = Filters {
            sort: sort(&mut faults, &self.sort_by, query),
            query: query.to_owned(),
            category: folded(&self.category),
            university: self.university.trim().to_owned(),
            date: day(&mut faults, "date", &self.date),
            from: day(&mut faults, "date_from", &self.date_from),
            to: day(&mut faults, "date_to", &self.date_to),
            location: folded(&self.location),
            status: status_filter(&mut faults, &self.status),
            tags: tags(&self.tags),
            organizer: organizer(&mut faults, &self.organizer_id),
            registered: self.registered,
            saved: self.saved,
        };
        faults.or(filters)
    }
}

impl Filters {
    /// The name of the list for a viewer, to which its page tokens belong.
    #[must_use]
    pub fn name(&self, viewer: UserId) -> String {
        let of = (self.registered || self.saved).then_some(viewer);
        format!("events {of:?} {self:?}")
    }

    /// Every text that the database is asked for.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        [
            &self.query,
            &self.category,
            &self.university,
            &self.location,
        ]
        .into_iter()
        .chain(&self.tags)
        .map(String::as_str)
    }
}

fn tags(given: &[String]) -> Vec<String> {
    let folded = given.iter().map(|tag| folded(tag));
    folded.filter(|tag| !tag.is_empty()).collect()
}

fn day(faults: &mut Faults, field: &str, text: &str) -> Option<NaiveDate> {
    if text.trim().is_empty() {
        return None;
    }
    let day = Day::parse(text);
    if day.is_none() {
        faults.add(field, "must be a day like 2027-05-01 or an ISO time");
    }
    day.map(|day| day.date)
}

fn status_filter(faults: &mut Faults, name: &str) -> Option<EventStatus> {
    if name.is_empty() {
        return None;
    }
    let status = EventStatus::from_name(name);
    if status.is_none() {
        let problem = "must be upcoming, ongoing, completed or cancelled";
        faults.add("status", problem);
    }
    status
}

fn organizer(faults: &mut Faults, id: &str) -> Option<UserId> {
    if id.is_empty() {
        return None;
    }
    let organizer = id.parse().ok();
    if organizer.is_none() {
        faults.add("organizer_id", "is no id");
    }
    organizer
}

fn sort(faults: &mut Faults, name: &str, query: &str) -> Sort {
    match name {
        "" if query.is_empty() => Sort::Date,
        "" => Sort::Best,
        "date" => Sort::Date,
        "recent" => Sort::Recent,
        "popularity" => Sort::Popularity,
        "capacity" => Sort::Capacity,
        _ => {
            let problem = "must be date, popularity, recent or capacity";
            faults.add("sort_by", problem);
            Sort::Date
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_at_fault_is_named() {
        let asked = Asked {
            date: "2027-02-31".to_owned(),
            date_from: "soon".to_owned(),
            date_to: "2027-13-01".to_owned(),
            status: "postponed".to_owned(),
            sort_by: "price".to_owned(),
            organizer_id: "me".to_owned(),
            ..Asked::default()
        };
        let violations = asked.judge().unwrap_err();
        let fields: Vec<_> = violations
            .iter()
            .map(|found| found.field.as_str())
            .collect();
        let named = [
            "sort_by",
            "date",
            "date_from",
            "date_to",
            "status",
            "organizer_id",
        ];
        assert_eq!(fields, named);
    }

    #[test]
    fn words_bring_the_best_first() {
        let sort = |query: &str, sort_by: &str| {
            let asked = Asked {
                query: query.to_owned(),
                sort_by: sort_by.to_owned(),
                ..Asked::default()
            };
            asked.judge().unwrap().sort
        };
        assert_eq!(sort("", ""), Sort::Date);
        assert_eq!(sort(" ", ""), Sort::Date);
        assert_eq!(sort("cake", ""), Sort::Best);
        assert_eq!(sort("cake", "recent"), Sort::Recent);
    }
}
