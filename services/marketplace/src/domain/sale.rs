//! How far the sale of an item is (O-168): available, then reserved, then sold, one step at a time and only forward.

use oruma_ids::UserId;
use oruma_rpc_error::Violation;

/// Whether an item can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It can be had.
    Available,
    /// It is kept for somebody.
    Reserved,
    /// It is gone.
    Sold,
}

impl Status {
    /// All of them, in their order.
    pub const ALL: [Self; 3] = [Self::Available, Self::Reserved, Self::Sold];
    /// What is said of any other name.
    pub const PROBLEM: &str = "must be available, reserved or sold";

    /// Its name, as in the contract and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Reserved => "reserved",
            Self::Sold => "sold",
        }
    }

    /// The status of exactly that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    const fn leads_to(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Available, Self::Reserved) | (Self::Reserved, Self::Sold)
        )
    }
}

/// The state of a sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sale {
    /// How far it is.
    pub status: Status,
    /// To whom, if the seller has said so.
    pub buyer: Option<UserId>,
}

/// The sale can't become that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IllegalStep;

/// What a seller wants a sale to become. `None` leaves it as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Step {
    status: Option<Status>,
    buyer: Option<UserId>,
}

impl Step {
    /// Reads what a seller wants; an empty buyer is none. What is wrong is added to `faults`.
    pub(super) fn read(
        status: Option<&str>,
        buyer: Option<&str>,
        seller: UserId,
        faults: &mut Vec<Violation>,
    ) -> Self {
        let mut step = Self::default();
        if let Some(name) = status {
            step.status = Status::from_name(name);
            if step.status.is_none() {
                faults.push(Violation::new("status", Status::PROBLEM));
            }
        }
        match buyer.map(str::parse::<UserId>) {
            None => {}
            Some(Ok(buyer)) if buyer == seller => {
                faults.push(Violation::new("buyer_id", "must not be the seller"));
            }
            Some(Ok(buyer)) => step.buyer = Some(buyer),
            Some(Err(_)) if buyer == Some("") => {}
            Some(Err(_)) => faults.push(Violation::new("buyer_id", "is no id")),
        }
        step
    }

    /// Whether it names a buyer for a sale that would have none.
    pub(super) fn lacks_status(self, sale: Sale) -> bool {
        let status = self.status.unwrap_or(sale.status);
        self.buyer.is_some() && status == Status::Available
    }

    /// The sale after it. The same as before is no step, and a buyer who is named stays.
    ///
    /// # Errors
    /// [`IllegalStep`].
    pub fn take(self, sale: Sale) -> Result<Sale, IllegalStep> {
        let status = self.status.unwrap_or(sale.status);
        if status != sale.status && !sale.status.leads_to(status) {
            return Err(IllegalStep);
        }
        match (sale.buyer, self.buyer) {
            (Some(before), Some(wanted)) if before != wanted => Err(IllegalStep),
            (before, wanted) => Ok(Sale {
                status,
                buyer: before.or(wanted),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn person(number: u128) -> UserId {
        UserId::from_uuid(Uuid::from_u128(number))
    }

    fn step(status: Option<&str>, buyer: Option<u128>) -> Step {
        let buyer = buyer.map(|number| person(number).to_string());
        let mut faults = Vec::new();
        let step = Step::read(status, buyer.as_deref(), person(9), &mut faults);
        assert_eq!(faults, []);
        step
    }

    /// O-168.
    #[test]
    fn a_sale_goes_one_step_at_a_time_and_only_forward() {
        for (nth, status) in Status::ALL.into_iter().enumerate() {
            for (next, wanted) in Status::ALL.into_iter().enumerate() {
                let sale = Sale {
                    status,
                    buyer: None,
                };
                let after = step(Some(wanted.name()), None).take(sale);
                if next == nth || next == nth + 1 {
                    assert_eq!(after.unwrap().status, wanted);
                } else {
                    assert_eq!(after, Err(IllegalStep));
                }
            }
        }
    }

    #[test]
    fn a_named_buyer_stays() {
        let reserved = Sale {
            status: Status::Reserved,
            buyer: Some(person(1)),
        };
        assert_eq!(step(None, Some(2)).take(reserved), Err(IllegalStep));
        assert_eq!(step(Some("sold"), Some(2)).take(reserved), Err(IllegalStep));
        let sold = step(Some("sold"), None).take(reserved).unwrap();
        assert_eq!((sold.status, sold.buyer), (Status::Sold, Some(person(1))));
        let unnamed = Sale {
            buyer: None,
            ..reserved
        };
        let named = step(None, Some(2)).take(unnamed).unwrap();
        assert_eq!(named.buyer, Some(person(2)));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let mut faults = Vec::new();
        Step::read(Some("gone"), Some("nobody"), person(9), &mut faults);
        let seller = person(9).to_string();
        Step::read(Some("Sold"), Some(&seller), person(9), &mut faults);
        Step::read(None, Some(""), person(9), &mut faults);
        let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["status", "buyer_id", "status", "buyer_id"]);
    }
}
