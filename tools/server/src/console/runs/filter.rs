//! The filter of runs as it stands in an address.

use super::super::fields::{Pairs, query};
use super::super::show;
use crate::time::Time;
use flujo::clock::Timestamp;
use flujo::engine::{Period, RunCursor, RunFilter, RunOrder, RunState};
use maud::{Markup, html};

/// A filter of runs, with what was wrong in its address.
#[derive(Clone, Debug, Default)]
pub(super) struct Filter {
    pub(super) pipeline: Option<String>,
    pub(super) states: Vec<RunState>,
    /// `name=value`, as it was written.
    pub(super) label: Option<String>,
    pub(super) from: Option<String>,
    pub(super) until: Option<String>,
    pub(super) text: Option<String>,
    pub(super) order: RunOrder,
    pub(super) after: Option<RunCursor>,
    pub(super) wrong: Vec<String>,
}

/// A day in nanoseconds.
const DAY: u64 = 86_400 * 1_000_000_000;

impl Filter {
    pub(super) fn read(pairs: &Pairs) -> Self {
        let text = |name: &str| pairs.get(name).map(str::to_owned);
        let mut filter = Self {
            pipeline: text("pipeline"),
            label: text("label"),
            from: text("from"),
            until: text("until"),
            text: text("text"),
            order: RunOrder::Created,
            ..Self::default()
        };
        for word in pairs.all("state").filter(|word| !word.is_empty()) {
            match RunState::from_word(word) {
                Some(state) if !filter.states.contains(&state) => filter.states.push(state),
                Some(_) => {}
                None => {
                    filter
                        .wrong
                        .push(format!("There is no state \u{201c}{}\u{201d}.", show::printable(word)));
                }
            }
        }
        match pairs.get("order") {
            None | Some("created") => {}
            Some("changed") => filter.order = RunOrder::Changed,
            Some("id") => filter.order = RunOrder::Id,
            Some(_) => filter.wrong.push("Runs are ordered by created, changed or id.".to_owned()),
        }
        if let Some(after) = pairs.get("after") {
            match after.parse() {
                Ok(cursor) => filter.after = Some(cursor),
                Err(_) => {
                    filter
                        .wrong
                        .push("The place in the list is not known; this is its beginning.".to_owned());
                }
            }
        }
        for (name, value) in [("from", &filter.from), ("until", &filter.until)] {
            if value.as_deref().is_some_and(|value| Time::parse(value).is_none()) {
                filter
                    .wrong
                    .push(format!("The date in \u{201c}{name}\u{201d} is not one: write 2026-01-31."));
            }
        }
        if filter.label.as_deref().is_some_and(|label| split(label).is_none()) {
            filter.wrong.push("A label is written as name=value.".to_owned());
        }
        filter
    }

    /// The query of the address with this filter, without its place in the list.
    pub(super) fn query(&self, more: &[(&str, &str)]) -> String {
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        let texts = [
            ("pipeline", &self.pipeline),
            ("label", &self.label),
            ("from", &self.from),
            ("until", &self.until),
            ("text", &self.text),
        ];
        pairs.extend(texts.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))));
        pairs.extend(self.states.iter().map(|state| ("state", state.word())));
        match self.order {
            RunOrder::Changed => pairs.push(("order", "changed")),
            RunOrder::Id => pairs.push(("order", "id")),
            _ => {}
        }
        query(pairs.into_iter().chain(more.iter().copied()))
    }

    pub(super) fn with_states(&self, states: &[RunState]) -> Self {
        Self { states: states.to_vec(), ..self.clone() }
    }

    fn bare(&self) -> RunFilter {
        let mut runs = RunFilter::default().order(self.order);
        runs.pipeline.clone_from(&self.pipeline);
        runs.text.clone_from(&self.text);
        runs.labels.extend(self.label.as_deref().and_then(split).map(|(n, v)| (n.to_owned(), v.to_owned())));
        let moment = |text: &Option<String>| text.as_deref().and_then(Time::parse).map(|time| time.0);
        // The last day belongs to the period.
        let until = moment(&self.until).map(|until| match self.until.as_deref().map(str::len) {
            Some(10) => Timestamp(until.0.saturating_add(DAY)),
            _ => until,
        });
        runs.created(Period::new(moment(&self.from), until))
    }

    /// The runs that are counted: those of all states.
    pub(super) fn counted(&self) -> RunFilter {
        self.bare()
    }

    /// The runs that are listed.
    pub(super) fn listed(&self) -> RunFilter {
        let mut runs = self.states.iter().fold(self.bare(), |runs, state| runs.state(*state));
        runs.after.clone_from(&self.after);
        runs
    }

    pub(super) fn form(&self, pipelines: &[String]) -> Markup {
        let own = self.pipeline.iter().filter(|name| !pipelines.contains(name));
        let names: Vec<&String> = pipelines.iter().chain(own).collect();
        let input = |name: &str, label: &str, value: &Option<String>, hint: &str| {
            html! {
                div {
                    label for=(format!("by-{name}")) { (label) }
                    input type="text" id=(format!("by-{name}")) name=(name) value=[value.as_deref().map(show::printable)] placeholder=(hint) autocomplete="off";
                }
            }
        };
        html! {
            form class="filters" method="get" action="/" role="search" aria-label="Filter of runs" {
                div {
                    label for="by-pipeline" { "Pipeline" }
                    select id="by-pipeline" name="pipeline" {
                        option value="" { "all" }
                        @for name in names {
                            option value=(show::printable(name)) selected[self.pipeline.as_ref() == Some(name)] { (show::printable(name)) }
                        }
                    }
                }
                div {
                    label for="by-state" { "State" }
                    select id="by-state" name="state" {
                        option value="" { "all" }
                        @for state in RunState::ALL {
                            option value=(state.word()) selected[self.states == [state]] { (state.word()) }
                        }
                    }
                }
                (input("text", "Id contains", &self.text, ""))
                (input("label", "Label", &self.label, "tenant=acme"))
                (input("from", "Created from", &self.from, "2026-01-31"))
                (input("until", "until", &self.until, "2026-01-31"))
                div {
                    label for="by-order" { "Order" }
                    select id="by-order" name="order" {
                        @for (order, word, label) in ORDERS {
                            option value=(word) selected[self.order == order] { (label) }
                        }
                    }
                }
                button type="submit" { "Filter" }
                a href="/" { "Clear" }
            }
        }
    }
}

const ORDERS: [(RunOrder, &str, &str); 3] = [
    (RunOrder::Created, "created", "created, newest first"),
    (RunOrder::Changed, "changed", "changed, newest first"),
    (RunOrder::Id, "id", "id"),
];

/// The name and the value of a label.
fn split(label: &str) -> Option<(&str, &str)> {
    let (name, value) = label.split_once('=')?;
    (!name.is_empty()).then_some((name, value))
}
