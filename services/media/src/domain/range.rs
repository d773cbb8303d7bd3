//! Parts of files, as calls ask for them.

use oruma_blob::ByteRange;

/// The part between two positions as a call has them: a negative start counts from the end. `None` for the whole file.
#[must_use]
pub fn wanted(start: Option<i64>, end: Option<i64>) -> Option<ByteRange> {
    // No file has a negative position, so a negative end holds no byte.
    let end = end.map(|end| u64::try_from(end).ok());
    match (start, end) {
        (None, None) => None,
        (_, Some(None)) => Some(ByteRange::Last(0)),
        (None, Some(Some(end))) => Some(ByteRange::Between(0, end)),
        (Some(start), _) if start < 0 => Some(ByteRange::Last(start.unsigned_abs())),
        (Some(start), None) => Some(ByteRange::From(start.unsigned_abs())),
        (Some(start), Some(Some(end))) => Some(ByteRange::Between(start.unsigned_abs(), end)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_understood() {
        for (start, end, expected) in [
            (None, None, None),
            (Some(0), None, Some(ByteRange::From(0))),
            (Some(2), Some(4), Some(ByteRange::Between(2, 4))),
            (Some(-3), None, Some(ByteRange::Last(3))),
            (Some(i64::MIN), None, Some(ByteRange::Last(1 << 63))),
            (None, Some(4), Some(ByteRange::Between(0, 4))),
            (Some(2), Some(-1), Some(ByteRange::Last(0))),
        ] {
            assert_eq!(wanted(start, end), expected);
        }
    }
}
