//! Colours on a terminal.

use std::ffi::OsStr;

#[derive(Clone, Copy)]
pub(super) enum Colour {
    None,
    Dim,
    Red,
    Green,
    Yellow,
}

impl Colour {
    pub(super) fn code(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Dim => Some("2"),
            Self::Red => Some("31"),
            Self::Green => Some("32"),
            Self::Yellow => Some("33"),
        }
    }
}

/// Decides whether colours are used: on a terminal, unless the variable `NO_COLOR` is set to any non-empty text, as
/// specified by <https://no-color.org>.
pub(super) fn wanted(no_color: Option<&OsStr>, terminal: bool) -> bool {
    terminal && no_color.is_none_or(OsStr::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals_whose_user_wants_them() {
        assert!(wanted(None, true));
        assert!(wanted(Some(OsStr::new("")), true));
        for no_color in ["1", "0", "true", " "] {
            assert!(!wanted(Some(OsStr::new(no_color)), true), "{no_color:?}");
        }
        for no_color in [None, Some(OsStr::new("")), Some(OsStr::new("1"))] {
            assert!(!wanted(no_color, false));
        }
    }
}
