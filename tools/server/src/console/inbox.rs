//! The open questions of all runs.

use super::fields::{Pairs, query};
use super::live::{self, Live, stream};
use super::page::{Section, page};
use super::run::form_name;
use super::show;
use super::visit::{Answer, Visit};
use crate::state::AppState;
use axum::extract::{RawQuery, State};
use flujo::clock::Timestamp;
use flujo::engine::{PendingQuestion, QuestionFilter, QuestionPlace, RunId};
use flujo::path::Path;
use maud::{Markup, html};

/// The questions of one page.
const LIMIT: usize = 50;

struct Filter {
    pipeline: Option<String>,
    after: Option<QuestionPlace>,
}

impl Filter {
    fn read(pairs: &Pairs) -> Self {
        let after = || {
            let asked = Timestamp(pairs.get("asked")?.parse().ok()?);
            Some((asked, RunId::from(pairs.get("run")?), Path::from(pairs.get("path")?)))
        };
        Self { pipeline: pairs.get("pipeline").map(str::to_owned), after: after() }
    }

    fn address(&self, page: &str, place: Option<&QuestionPlace>) -> String {
        let asked = place.map(|(asked, _, _)| asked.0.to_string());
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        pairs.extend(self.pipeline.as_deref().map(|name| ("pipeline", name)));
        if let (Some((_, run, path)), Some(asked)) = (place, &asked) {
            pairs.extend([("asked", asked.as_str()), ("run", run.as_str()), ("path", path.as_str())]);
        }
        format!("{page}?{}", query(pairs))
    }

    fn live<'l>(&self, address: &'l str) -> Live<'l> {
        let trigger = self.after.is_none().then_some(live::ALL);
        Live { id: "inbox", address, label: "Open questions", trigger, keeps_focus: true, beside: None }
    }
}

/// `GET /inbox`
pub(super) async fn inbox(State(state): State<AppState>, visit: Visit, RawQuery(query): RawQuery) -> Answer {
    let pairs = Pairs::of_query(query.as_deref());
    let filter = Filter::read(&pairs);
    let shown = questions(&state, &filter).await?;
    let names: Vec<_> = state.control.pipelines().iter().map(|pipeline| pipeline.name).collect();
    let content = html! {
        h1 { "Inbox" }
        form class="filters" method="get" action="/inbox" role="search" aria-label="Filter of questions" {
            div {
                label for="by-pipeline" { "Pipeline" }
                select id="by-pipeline" name="pipeline" {
                    option value="" { "all" }
                    @for name in names { option value=(name) selected[filter.pipeline.as_deref() == Some(name)] { (show::printable(name)) } }
                }
            }
            button type="submit" { "Filter" }
        }
        (stream(Some("/api/v1/events"), &filter.live(&filter.address("/inbox-part", filter.after.as_ref())).show(&shown)))
    };
    Ok(page(&visit, Section::Inbox, "Inbox", &content))
}

/// `GET /inbox-part`
pub(super) async fn part(State(state): State<AppState>, _visit: Visit, RawQuery(query): RawQuery) -> Answer {
    let pairs = Pairs::of_query(query.as_deref());
    let filter = Filter::read(&pairs);
    let shown = questions(&state, &filter).await?;
    let address = filter.address("/inbox-part", filter.after.as_ref());
    Ok(filter.live(&address).answer(pairs.get("known"), &shown))
}

async fn questions(state: &AppState, filter: &Filter) -> Result<Markup, flujo::Error> {
    let mut asked = QuestionFilter::default().limit(LIMIT + 1);
    asked.pipeline.clone_from(&filter.pipeline);
    asked.after.clone_from(&filter.after);
    let mut found = state.control.inbox(&asked).await?;
    let next = (found.len() > LIMIT).then(|| {
        found.truncate(LIMIT);
        found.last().map(PendingQuestion::place)
    });
    Ok(html! {
        @if found.is_empty() { p { "No questions are open." } }
        @for pending in &found { (shown(pending)) }
        @if filter.after.is_some() || next.is_some() {
            nav class="row" aria-label="Pages of the inbox" {
                @if filter.after.is_some() { a class="button" href=(filter.address("/inbox", None)) { "First page" } }
                @if let Some(place) = next.flatten() {
                    a class="button" rel="next" href=(filter.address("/inbox", Some(&place))) { "Next page" }
                }
            }
        }
    })
}

fn shown(pending: &PendingQuestion) -> Markup {
    let (run, question) = (pending.run.as_str(), &pending.question);
    let address = show::run_address(run);
    html! {
        article class="question" {
            h2 { (show::text(show::beginning(&question.message, show::LONGEST))) }
            p class="quiet" {
                "Run " a href=(address) { (show::text(run)) } " of " (show::text(&pending.pipeline))
                " at " code { (show::text(question.path.as_str())) } ", asked " (show::time(question.asked))
                ", " (show::age(question.asked)) " ago"
                @if let Some(deadline) = question.deadline {
                    ". Without a reply until " (show::time(deadline))
                    @match &question.default {
                        Some(default) => { " the answer is " code { (show::line(default.as_str(), 200)) } }
                        None => { " it times out" }
                    }
                }
                "."
            }
            @if let Some(value) = &question.shown {
                (show::value(value, Some(&format!("{address}/text?of=shown&path={}", show::escaped(question.path.as_str())))))
            }
            p { a class="button" href=(format!("{address}#{}", form_name(run, question.path.as_str()))) { "Reply" } }
        }
    }
}
