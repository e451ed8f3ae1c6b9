use serde::{Deserialize, Serialize};
use std::fmt;

/// Money in nano-dollars: a billionth of a US dollar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cost(pub u64);

impl Cost {
    /// Reads an amount of dollars such as `"0.50"`, exactly; at most nine decimals.
    ///
    /// ```
    /// use flujo::Cost;
    /// use flujo::usage::ParseCostError;
    /// assert_eq!(Cost::usd("0.15"), Ok(Cost(150_000_000)));
    /// let refused: ParseCostError = Cost::usd("15 cents").unwrap_err();
    /// # assert!(!refused.to_string().is_empty());
    /// ```
    ///
    /// # Errors
    /// The text is not an amount in dollars, or it is too large.
    pub fn usd(text: &str) -> Result<Self, ParseCostError> {
        Self::parse(text).ok_or_else(|| ParseCostError(text.to_owned()))
    }

    /// Parses as [`usd`](Self::usd) does, in a constant.
    pub(crate) const fn parse(text: &str) -> Option<Self> {
        let mut rest = text.as_bytes();
        let (mut nanos, mut whole, mut point, mut decimals) = (0_u64, false, false, 0_u32);
        while let Some((byte, after)) = rest.split_first() {
            rest = after;
            match *byte {
                b'.' if !point => {
                    point = true;
                    continue;
                }
                b'0'..=b'9' if decimals < 9 => {}
                _ => return None,
            }
            if point {
                decimals += 1;
            } else {
                whole = true;
            }
            let Some(shifted) = nanos.checked_mul(10) else { return None };
            let Some(sum) = shifted.checked_add((*byte - b'0') as u64) else { return None };
            nanos = sum;
        }
        if !whole || (point && decimals == 0) {
            return None;
        }
        match nanos.checked_mul(10_u64.pow(9 - decimals)) {
            Some(nanos) => Some(Self(nanos)),
            None => None,
        }
    }
}

/// The error of a text that is not an amount in dollars, or is too large.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseCostError(String);

impl fmt::Display for ParseCostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not an amount in dollars: write digits and up to nine decimals, such as `0.50`",
            self.0
        )
    }
}
impl std::error::Error for ParseCostError {}
// For functions that report several kinds of wrong text as one message.
impl From<ParseCostError> for String {
    fn from(error: ParseCostError) -> Self {
        error.to_string()
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:09}", self.0 / 1_000_000_000, self.0 % 1_000_000_000);
        let cut = text.trim_end_matches('0');
        let shortest = text.len().min(cut.len().max(text.find('.').unwrap_or(0) + 3));
        write!(f, "${}", text.get(..shortest).unwrap_or(&text))
    }
}
impl fmt::Debug for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_are_read_and_shown_exactly() {
        assert_eq!(Cost::usd("0.50"), Ok(Cost(500_000_000)));
        assert_eq!(Cost::usd("12"), Ok(Cost(12_000_000_000)));
        assert_eq!(Cost::usd("0.000000001"), Ok(Cost(1)));
        assert_eq!(Cost::usd("18446744073.709551615"), Ok(Cost(u64::MAX)));
        for bad in [
            "",
            ".",
            ".5",
            "1.",
            "-1",
            "+1",
            "1,5",
            "1e3",
            " 1",
            "0.0000000001",
            "1.5.5",
            "18446744073.709551616",
            "99999999999999",
        ] {
            assert!(Cost::usd(bad).is_err(), "{bad}");
        }
        assert_eq!(Cost(500_000_000).to_string(), "$0.50");
        assert_eq!(Cost(1).to_string(), "$0.000000001");
        assert_eq!(Cost(0).to_string(), "$0.00");
        assert_eq!(Cost(12_345_000_000).to_string(), "$12.345");
    }
}
