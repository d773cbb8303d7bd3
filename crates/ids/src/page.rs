//! How many entries a page has.

/// The page size is negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("negative page size")]
pub struct NegativePageSize;

/// The page sizes of one list.
#[derive(Debug, Clone, Copy)]
pub struct PageSize {
    /// What a caller gets who does not say.
    pub default: u16,
    /// What a caller gets at the most.
    pub most: u16,
}

impl PageSize {
    /// The size for what was asked: the default for 0, and never more than the most.
    ///
    /// # Errors
    /// [`NegativePageSize`].
    pub fn of(self, asked: i32) -> Result<u16, NegativePageSize> {
        match asked {
            ..0 => Err(NegativePageSize),
            0 => Ok(self.default),
            some => Ok(u16::try_from(some).map_or(self.most, |some| some.min(self.most))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_bounded() {
        let size = PageSize {
            default: 10,
            most: 50,
        };
        let asked = [-1, 0, 1, 50, 51, i32::MAX].map(|asked| size.of(asked));
        let expected = [Err(NegativePageSize), Ok(10), Ok(1), Ok(50), Ok(50), Ok(50)];
        assert_eq!(asked, expected);
    }
}
