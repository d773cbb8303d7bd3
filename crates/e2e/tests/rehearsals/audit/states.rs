//! What changes again and again stands as it was told last, and is counted rightly.

use std::collections::BTreeMap;

use serde_json::Value;

use super::rows::reliably;
use crate::figures::Findings;
use crate::ledger::{Ledger, Place, Work};
use crate::town::{CAPACITY, Town};

/// Looks at marks, registrations and names.
pub(crate) async fn check(town: &Town, ledger: &Ledger, findings: &mut Findings) {
    let mut now = BTreeMap::new();
    marks(town, &mut now, findings).await;
    registrations(town, &mut now, findings).await;
    for (by, person) in town.people.iter().enumerate() {
        let body = reliably(&town.hub, &person.hub, "/api/users/me").await;
        let place = Place {
            work: Work::Profile,
            by,
            of: "name".to_owned(),
        };
        now.insert(place, body["name"].as_str().unwrap_or_default().to_owned());
    }
    for (place, state) in ledger.states() {
        if state.is_unknown {
            findings.unknown += 1;
            continue;
        }
        findings.acknowledged += 1;
        *findings
            .seen
            .entry(format!("{:?}", place.work))
            .or_default() += 1;
        let is_now = now.get(&place);
        if is_now != Some(&state.told) {
            findings
                .lost
                .push(format!("{place:?} was {} and is {is_now:?}", state.told));
        }
    }
}

/// Likes and saves, as each person sees them, and their counters.
async fn marks(town: &Town, now: &mut BTreeMap<Place, String>, findings: &mut Findings) {
    for wall in &town.walls {
        let mut counted = [0, 0];
        let mut shown = Value::Null;
        for (by, person) in town.people.iter().enumerate() {
            shown = reliably(&town.hub, &person.hub, &format!("/api/posts/{wall}")).await;
            let marks = [(Work::Like, "liked"), (Work::Save, "saved")];
            for ((work, name), count) in marks.into_iter().zip(&mut counted) {
                let of = wall.clone();
                let is_set = shown[name] == true;
                *count += usize::from(is_set);
                now.insert(Place { work, by, of }, is_set.to_string());
            }
        }
        for (name, count) in ["likes", "saves"].into_iter().zip(counted) {
            if shown[name] != count {
                findings
                    .broken
                    .push(format!("{name} of {wall}: {count} people, {}", shown[name]));
            }
        }
    }
}

/// Who comes to which party, and that no place is given twice.
async fn registrations(town: &Town, now: &mut BTreeMap<Place, String>, findings: &mut Findings) {
    let organiser = &town.first().hub;
    for party in &town.parties {
        let event = reliably(&town.hub, organiser, &format!("/api/events/{party}")).await;
        let path = format!("/api/events/{party}/registrations");
        let rows = reliably(&town.hub, organiser, &path).await;
        let rows = rows.as_array().expect("a list");
        let here: Vec<&str> = rows
            .iter()
            .filter(|row| row["status"] == "registered")
            .filter_map(|row| row["userId"].as_str())
            .collect();
        if here.len() > CAPACITY || event["attendees"] != here.len() {
            let count = &event["attendees"];
            findings.broken.push(format!(
                "{} are registered for {CAPACITY} places, {count} are counted",
                here.len()
            ));
        }
        for (by, person) in town.people.iter().enumerate() {
            let comes = here.iter().filter(|id| **id == person.hub.id).count();
            if comes > 1 {
                findings
                    .doubled
                    .push(format!("person {by} is registered {comes} times"));
            }
            let place = Place {
                work: Work::Registration,
                by,
                of: party.clone(),
            };
            now.insert(place, (comes > 0).to_string());
        }
    }
}
