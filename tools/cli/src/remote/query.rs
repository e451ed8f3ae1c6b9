//! Filters as the queries of the interface.

use crate::text::time::exact;
use flujo::engine::{Period, QuestionPlace, RunCursor, RunFilter, RunOrder, UsageFilter};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// The most that a page has.
pub(super) const PAGE: usize = 500;

pub(super) type Query = Vec<(String, String)>;

fn add(query: &mut Query, name: &str, value: Option<impl Into<String>>) {
    query.extend(value.map(|value| (name.to_owned(), value.into())));
}

fn period(query: &mut Query, [from, until]: [&str; 2], period: Period) {
    add(query, from, period.from.map(exact));
    add(query, until, period.until.map(exact));
}

fn labels(query: &mut Query, labels: &[(String, String)]) {
    query.extend(labels.iter().map(|(name, value)| (format!("label[{name}]"), value.clone())));
}

/// Returns the query of runs, without the page.
pub(super) fn runs(filter: &RunFilter) -> Query {
    let mut query = Query::new();
    add(&mut query, "pipeline", filter.pipeline.as_deref());
    query.extend(filter.states.iter().map(|one| ("state".to_owned(), one.word().to_owned())));
    labels(&mut query, &filter.labels);
    period(&mut query, ["created_from", "created_until"], filter.created);
    period(&mut query, ["changed_from", "changed_until"], filter.changed);
    add(&mut query, "text", filter.text.as_deref());
    let order = match filter.order {
        RunOrder::Created => "created",
        RunOrder::Changed => "changed",
        _ => "id",
    };
    add(&mut query, "order", Some(order));
    query
}

pub(super) fn usage(filter: &UsageFilter) -> Query {
    let mut query = Query::new();
    period(&mut query, ["from", "until"], filter.period);
    add(&mut query, "pipeline", filter.pipeline.as_deref());
    labels(&mut query, &filter.labels);
    add(&mut query, "by_label", filter.by_label.as_deref());
    query
}

/// Returns a place in a list of runs as the interface writes it.
pub(super) fn place(cursor: &RunCursor) -> String {
    format!("{}.{}", cursor.at.0, utf8_percent_encode(cursor.id.as_str(), NON_ALPHANUMERIC))
}

/// Returns a place in an inbox as the interface writes it.
pub(super) fn question_place((asked, run, path): &QuestionPlace) -> String {
    let coded = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
    format!("{}.{}.{}", asked.0, coded(run.as_str()), coded(path.as_str()))
}
