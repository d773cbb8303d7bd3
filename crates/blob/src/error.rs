//! Why a blob could not be put, got or removed.

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why a blob could not be put, got or removed.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// There is none with that key.
    #[error("there is no such blob")]
    NotFound,
    /// No byte of the blob is in the wanted range.
    #[error("the range is outside of the blob")]
    RangeNotSatisfiable,
    /// The store is away, overloaded or too slow: worth another try later.
    #[error("the store of files can't be used now")]
    Unavailable(#[source] Source),
    /// The store does not let us.
    #[error("the store of files refuses us")]
    Refused(#[source] Source),
    /// What arrived is not what was sent.
    #[error("the blob was damaged on the way")]
    Damaged,
    /// Anything else.
    #[error("the store of files failed")]
    Failed(#[source] Source),
}

impl BlobError {
    /// Whether another try may succeed.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Damaged)
    }
}
