//! Which rule of the schema a statement broke.

use diesel::result::{DatabaseErrorKind, Error};

/// The name of the unique, check or foreign key constraint that a statement violated.
#[must_use]
pub fn violated_constraint(error: &Error) -> Option<&str> {
    match error {
        Error::DatabaseError(
            DatabaseErrorKind::UniqueViolation
            | DatabaseErrorKind::CheckViolation
            | DatabaseErrorKind::ForeignKeyViolation
            | DatabaseErrorKind::NotNullViolation
            | DatabaseErrorKind::ExclusionViolation,
            info,
        ) => info.constraint_name(),
        _ => None,
    }
}

/// Whether the transaction only lost a race with another one and may be run again.
#[must_use]
pub fn is_conflict(error: &Error) -> bool {
    match error {
        Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
        Error::DatabaseError(DatabaseErrorKind::Unknown, info) => {
            info.message() == "deadlock detected"
        }
        _ => false,
    }
}
