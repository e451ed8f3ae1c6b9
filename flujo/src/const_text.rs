//! Messages of errors at compile time: texts that are put together in const code.

/// Fails the evaluation of a constant with this message; `name` is that of the mistake, ` [join_conflict]`.
#[track_caller]
#[allow(clippy::panic, reason = "const evaluation: the panic is the compile error")]
pub(crate) const fn fail(text: Text, name: &str) {
    panic!("{}", text.named(name).as_str());
}

/// A string put together in const code.
pub(crate) struct Text {
    bytes: [u8; Self::TEXT + Self::NAME],
    len: usize,
}
impl Text {
    /// What a message may take. A longer one is cut, and has its name all the same.
    const TEXT: usize = 512;
    /// What the name of the mistake may take.
    const NAME: usize = 64;

    pub(crate) const fn new() -> Self {
        Self { bytes: [0; Self::TEXT + Self::NAME], len: 0 }
    }
    pub(crate) const fn push(self, s: &str) -> Self {
        self.push_up_to(s, Self::TEXT)
    }
    /// Adds a number, in decimal digits.
    #[allow(clippy::indexing_slicing, reason = "a `u64` has at most 20 digits")]
    #[allow(clippy::cast_possible_truncation, reason = "a digit fits a byte")]
    pub(crate) const fn push_number(self, n: u64) -> Self {
        let (mut digits, mut at, mut rest) = ([0; 20], 20, n);
        while at == 20 || rest > 0 {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        match std::str::from_utf8(digits.split_at(at).1) {
            Ok(digits) => self.push(digits),
            Err(_) => self,
        }
    }
    const fn named(self, name: &str) -> Self {
        self.push_up_to(name, Self::TEXT + Self::NAME)
    }
    #[allow(clippy::indexing_slicing, reason = "the loop compares both indices with the lengths")]
    const fn push_up_to(mut self, s: &str, most: usize) -> Self {
        let s = s.as_bytes();
        let mut i = 0;
        while i < s.len() && self.len < most {
            self.bytes[self.len] = s[i];
            self.len += 1;
            i += 1;
        }
        self
    }
    const fn as_str(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(s) => s,
            Err(_) => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Text;

    #[test]
    fn numbers_are_written_in_digits() {
        for n in [0, 7, 10, 4096, u64::MAX] {
            assert_eq!(Text::new().push_number(n).as_str(), n.to_string());
        }
    }
}
