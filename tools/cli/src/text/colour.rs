//! Colours of a terminal.

use flujo::engine::RunState;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Colour {
    Red,
    Green,
    Yellow,
    Magenta,
    Cyan,
    Dim,
    Bold,
}

impl Colour {
    /// Returns the text in this colour.
    pub(crate) fn paint(self, text: &str) -> String {
        let code = match self {
            Self::Red => 31,
            Self::Green => 32,
            Self::Yellow => 33,
            Self::Magenta => 35,
            Self::Cyan => 36,
            Self::Dim => 2,
            Self::Bold => 1,
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    pub(crate) fn of_state(state: RunState) -> Option<Self> {
        match state {
            RunState::Running => Some(Self::Cyan),
            RunState::Interrupted => Some(Self::Magenta),
            RunState::Paused => Some(Self::Yellow),
            RunState::Done => Some(Self::Green),
            RunState::Failed | RunState::Crashed => Some(Self::Red),
            RunState::Cancelled => Some(Self::Dim),
            _ => None,
        }
    }
}
