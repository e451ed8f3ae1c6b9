use super::env::RunEnv;
use crate::step::StepResult;

/// Where results of nodes go in a run that records nothing.
pub(crate) enum Results<'r> {
    /// Not collected: the engine's records have them, or the caller does not need them.
    Off,
    /// The caller's own list: no arm runs concurrently, so there is no lock.
    Own(&'r mut Vec<StepResult>),
    /// The log of the run, which concurrent arms share.
    Shared,
}

impl Results<'_> {
    pub(crate) fn is_on(&self) -> bool {
        !matches!(self, Self::Off)
    }

    #[inline]
    pub(crate) fn push(&mut self, env: &RunEnv, result: impl FnOnce() -> StepResult) {
        match self {
            Self::Off => {}
            // Not `push`, which would put it together elsewhere and copy it here.
            Self::Own(log) => log.extend(std::iter::once_with(result)),
            Self::Shared => env.log().push(result()),
        }
    }

    /// Reborrows the list for a nested pipeline.
    pub(crate) fn reborrow(&mut self) -> Results<'_> {
        match self {
            Self::Off => Results::Off,
            Self::Own(log) => Results::Own(log),
            Self::Shared => Results::Shared,
        }
    }

    /// Makes ready for arms, which share the log of the run: what happened before them comes before them.
    /// Whether there is anything to log at all.
    pub(crate) fn share(&mut self, env: &RunEnv) -> bool {
        if let Self::Own(log) = self {
            env.log().append(log);
        }
        self.is_on()
    }
}
