//! What happened to a run since the last look.

use crate::json::attempt::AttemptDoc;
use crate::json::question::{AnsweredDoc, QuestionDoc};
use crate::text::colour::Colour;
use crate::text::state;
use crate::text::time::{Span, short};
use flujo::clock::Timestamp;
use flujo::engine::{Record, RecordOutcome, RunState, RunView};
use flujo::path::Path;
use flujo::question::{Answered, Question};
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What was seen of a run.
#[derive(Debug, Default)]
pub(super) struct Seen {
    records: usize,
    asked: BTreeSet<(Path, Timestamp)>,
    answered: usize,
    state: Option<RunState>,
}

/// Something that happened to a run.
#[derive(Debug)]
pub(super) enum News<'v> {
    Attempt(&'v Arc<Record>),
    Asked(&'v Question),
    Replied(&'v Answered),
    State(RunState, Option<String>),
}

impl Seen {
    /// Returns what is new in a view, in the order of time; the state is the last.
    pub(super) fn news<'v>(&mut self, view: &'v RunView) -> Vec<News<'v>> {
        let mut news = Vec::new();
        for answered in view.answered.iter().skip(self.answered) {
            let question = &answered.question;
            if self.asked.insert((question.path.clone(), question.asked)) {
                news.push((question.asked, News::Asked(question)));
            }
            news.push((answered.reply.at, News::Replied(answered)));
        }
        for question in &view.questions {
            if self.asked.insert((question.path.clone(), question.asked)) {
                news.push((question.asked, News::Asked(question)));
            }
        }
        let records = view.records.iter().skip(self.records);
        news.extend(records.map(|record| (record.ended, News::Attempt(record))));
        news.sort_by_key(|(at, _)| *at);
        let state = RunState::from(&view.status);
        if self.state != Some(state) {
            let failure = match &view.status {
                flujo::engine::Status::Ended(outcome) => outcome.failure_line(),
                _ => None,
            };
            news.push((view.changed, News::State(state, failure)));
        }
        (self.records, self.answered, self.state) = (view.records.len(), view.answered.len(), Some(state));
        news.into_iter().map(|(_, news)| news).collect()
    }
}

/// One line of `watch --json`.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum NewsDoc<'v> {
    Attempt { attempt: Box<AttemptDoc<'v>> },
    Asked { question: QuestionDoc<'v> },
    Replied { answered: AnsweredDoc<'v> },
    State { state: &'static str, failure: Option<&'v str> },
}

impl News<'_> {
    pub(super) fn document(&self) -> NewsDoc<'_> {
        match self {
            Self::Attempt(record) => NewsDoc::Attempt { attempt: Box::new(AttemptDoc::of(record, false)) },
            Self::Asked(question) => NewsDoc::Asked { question: QuestionDoc::of(question) },
            Self::Replied(answered) => NewsDoc::Replied { answered: AnsweredDoc::of(answered) },
            Self::State(state, failure) => {
                NewsDoc::State { state: state.word(), failure: failure.as_deref() }
            }
        }
    }

    /// Returns the line for people, with its colour.
    pub(super) fn line(&self) -> (String, Option<Colour>) {
        match self {
            Self::Attempt(record) => attempt(record),
            Self::Asked(question) => {
                let message = question.message.lines().next().unwrap_or_default();
                let line = format!("{}  {} asks: {message}", short(question.asked), question.path);
                (line, Some(Colour::Yellow))
            }
            Self::Replied(answered) => {
                let by = answered.reply.by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
                let (path, reply) = (&answered.question.path, &answered.reply);
                (format!("{}  {path} answered{by}: {}", short(reply.at), reply.value), None)
            }
            Self::State(state, failure) => {
                let failure = failure.as_deref().map(|failure| format!(": {failure}")).unwrap_or_default();
                (format!("the run {}{failure}", state::phrase(*state)), Colour::of_state(*state))
            }
        }
    }
}

fn attempt(record: &Record) -> (String, Option<Colour>) {
    let (at, path) = (short(record.ended), &record.key.path);
    let n = if record.key.n > 1 { format!(" in attempt {}", record.key.n) } else { String::new() };
    let took = Span(record.ended.since(record.started));
    let cost = match record.usage.cost().0 {
        0 => String::new(),
        _ => format!(", {}", record.usage.cost()),
    };
    match &record.outcome {
        RecordOutcome::Output(_) => (format!("{at}  {path} done{n}, {took}{cost}"), None),
        RecordOutcome::Failure(failure) => {
            let message = failure.chain.first().and_then(|chain| chain.lines().next()).unwrap_or_default();
            (format!("{at}  {path} failed{n}, {took}{cost}: {message}"), Some(Colour::Red))
        }
    }
}
