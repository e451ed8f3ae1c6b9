use super::label;
use crate::text::time::Moment;
use clap::{Args, ValueEnum};
use flujo::clock::Timestamp;
use flujo::engine::{Period, RunFilter, RunOrder, RunState};

/// The states of a run, by their words.
fn run_state(text: &str) -> Result<RunState, String> {
    RunState::from_word(text)
        .ok_or_else(|| format!("give one of {}", RunState::ALL.map(RunState::word).join(", ")))
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ListArgs {
    /// Only runs of this pipeline
    #[arg(long, value_name = "NAME")]
    pipeline: Option<String>,
    /// Only runs in this state: created, running, interrupted, paused, done, failed, cancelled or crashed; may be given
    /// several times
    #[arg(long = "state", value_name = "STATE", value_parser = run_state, value_delimiter = ',')]
    states: Vec<RunState>,
    /// Only runs with this label; may be given several times
    #[arg(long = "label", value_name = "NAME=VALUE", value_parser = label)]
    labels: Vec<(String, String)>,
    /// Only runs that were created at this time or later: a time, a day, or how long ago, such as `2h`
    #[arg(long, value_name = "WHEN")]
    created_since: Option<Moment>,
    /// Only runs that were created before this time
    #[arg(long, value_name = "WHEN")]
    created_until: Option<Moment>,
    /// Only runs that changed last at this time or later
    #[arg(long, value_name = "WHEN")]
    changed_since: Option<Moment>,
    /// Only runs that changed last before this time
    #[arg(long, value_name = "WHEN")]
    changed_until: Option<Moment>,
    /// Only runs with this text in their ids
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// Count them by pipeline and state, instead of listing them
    #[arg(long, conflicts_with_all = ["after", "limit", "order"])]
    pub(crate) count: bool,
    /// The order: created and changed begin with the newest
    #[arg(long, value_enum, default_value_t = OrderBy::Created)]
    order: OrderBy,
    /// At most this many
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) limit: usize,
    /// Only runs behind this place: what the page before has at its end
    #[arg(long, value_name = "PLACE")]
    after: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OrderBy {
    Id,
    Created,
    Changed,
}

impl From<OrderBy> for RunOrder {
    fn from(order: OrderBy) -> Self {
        match order {
            OrderBy::Id => Self::Id,
            OrderBy::Created => Self::Created,
            OrderBy::Changed => Self::Changed,
        }
    }
}

impl ListArgs {
    /// Returns the order of the list.
    pub(crate) fn order(&self) -> RunOrder {
        self.order.into()
    }

    /// Returns the filter. It takes one run more than are shown, so that the end of the list is known.
    pub(crate) fn filter(&self, now: Timestamp) -> Result<RunFilter, String> {
        let at = |moment: Option<Moment>| moment.map(|moment| moment.resolve(now));
        let mut filter = RunFilter::default()
            .created(Period::new(at(self.created_since), at(self.created_until)))
            .changed(Period::new(at(self.changed_since), at(self.changed_until)))
            .order(self.order())
            .limit(self.limit.saturating_add(1));
        filter.pipeline.clone_from(&self.pipeline);
        filter.states.clone_from(&self.states);
        filter.labels.clone_from(&self.labels);
        filter.text.clone_from(&self.text);
        if let Some(after) = &self.after {
            let place = after.parse::<flujo::engine::RunCursor>();
            filter = filter.after(place.map_err(|error| format!("--after `{after}` is {error}"))?);
        }
        Ok(filter)
    }
}
