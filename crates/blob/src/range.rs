//! Parts of blobs.

use crate::BlobError;

/// A part of a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteRange {
    /// From this byte to the end.
    From(u64),
    /// From the first byte to the last one, which is part of it, or to the end if that comes before.
    Between(u64, u64),
    /// That many of the last bytes, or all if there are fewer.
    Last(u64),
}

impl ByteRange {
    /// The first byte and the number of bytes, in a blob of that size.
    ///
    /// # Errors
    /// [`BlobError::RangeNotSatisfiable`] when that is no byte at all.
    pub fn within(self, size: u64) -> Result<(u64, u64), BlobError> {
        let (first, end) = match self {
            Self::From(first) => (first, size),
            Self::Between(first, last) => (first, last.saturating_add(1).min(size)),
            Self::Last(count) => (size.saturating_sub(count), size),
        };
        match end.checked_sub(first) {
            None | Some(0) => Err(BlobError::RangeNotSatisfiable),
            Some(length) => Ok((first, length)),
        }
    }

    /// As the header `Range` says it.
    pub(crate) fn header(self) -> String {
        match self {
            Self::From(first) => format!("bytes={first}-"),
            Self::Between(first, last) => format!("bytes={first}-{last}"),
            Self::Last(count) => format!("bytes=-{count}"),
        }
    }

    pub(crate) const fn is_disputed(self) -> bool {
        match self {
            Self::From(_) => false,
            Self::Between(first, last) => last < first,
            Self::Last(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_at_the_end() {
        for (range, expected) in [
            (ByteRange::From(0), (0, 10)),
            (ByteRange::From(9), (9, 1)),
            (ByteRange::Between(2, 4), (2, 3)),
            (ByteRange::Between(2, u64::MAX), (2, 8)),
            (ByteRange::Last(3), (7, 3)),
            (ByteRange::Last(99), (0, 10)),
        ] {
            assert_eq!(range.within(10).unwrap(), expected, "{range:?}");
        }
    }

    #[test]
    fn what_holds_no_byte_is_refused() {
        for range in [
            ByteRange::From(10),
            ByteRange::From(u64::MAX),
            ByteRange::Between(10, 12),
            ByteRange::Between(4, 2),
            ByteRange::Last(0),
        ] {
            assert!(range.within(10).is_err(), "{range:?}");
        }
        assert!(ByteRange::Last(1).within(0).is_err());
    }
}
