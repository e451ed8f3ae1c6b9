use crate::places::number_of;
use flujo::engine::{RunState, RunView};
use std::fmt;
use std::str::FromStr;

/// How much of a run was sent to a viewer: numbers that only grow, and the last state. As text, it
/// is the id of an event: `1700000000000000000.3.1.0.0.running`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// The time of creation, which tells two runs with one id apart.
    pub(super) created: u64,
    pub(super) records: usize,
    pub(super) asked: usize,
    pub(super) answered: usize,
    pub(super) acted: usize,
    pub(super) state: Option<RunState>,
}

/// The places, as a pattern.
pub(crate) const CURSOR: &str =
    r"^[0-9]{1,20}(\.[0-9]{1,20}){4}\.(-|created|running|interrupted|paused|done|failed|cancelled|crashed)$";

impl Cursor {
    /// The place before everything.
    pub(super) fn start(view: &RunView) -> Self {
        let created = view.run.created.0;
        Self { created, records: 0, asked: 0, answered: 0, acted: 0, state: None }
    }

    /// Returns true if it is a place in this run, and not in one that had its id before.
    pub(super) fn is_in(&self, view: &RunView) -> bool {
        self.created == view.run.created.0
            && self.records <= view.records.len()
            && self.asked <= view.questions.len() + view.answered.len()
            && self.answered <= view.answered.len()
            && self.acted <= view.acted.len()
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { created, records, asked, answered, acted, state } = self;
        let state = state.map_or("-", RunState::word);
        write!(f, "{created}.{records}.{asked}.{answered}.{acted}.{state}")
    }
}

impl FromStr for Cursor {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        fn next(part: Option<&str>) -> Result<usize, ()> {
            let number = number_of(part.ok_or(())?).ok_or(())?;
            Ok(usize::try_from(number).unwrap_or(usize::MAX))
        }
        let mut parts = text.split('.');
        let cursor = Self {
            created: number_of(parts.next().ok_or(())?).ok_or(())?,
            records: next(parts.next())?,
            asked: next(parts.next())?,
            answered: next(parts.next())?,
            acted: next(parts.next())?,
            state: match parts.next().ok_or(())? {
                "-" => None,
                word => Some(RunState::from_word(word).ok_or(())?),
            },
        };
        parts.next().map_or(Ok(cursor), |_| Err(()))
    }
}
