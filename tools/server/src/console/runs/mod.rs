//! The page of all runs.

mod act;
mod filter;
mod table;

pub(super) use act::act;

use super::fields::Pairs;
use super::live::{ALL, Live, stream};
use super::page::{Section, page};
use super::show;
use super::visit::{Answer, Visit};
use crate::state::AppState;
use axum::extract::{RawQuery, State};
use filter::Filter;
use flujo::engine::{RunCount, RunFilter, RunOrder, RunState, RunSummary};
use maud::{Markup, html};

/// The runs of one page.
const LIMIT: usize = 50;

/// `GET /`
pub(super) async fn list(State(state): State<AppState>, visit: Visit, RawQuery(query): RawQuery) -> Answer {
    let pairs = Pairs::of_query(query.as_deref());
    let filter = Filter::read(&pairs);
    let rows = rows(&state, &visit, &filter).await?;
    let names: Vec<_> = state.control.pipelines().iter().map(|pipeline| pipeline.name.to_owned()).collect();
    let content = html! {
        h1 { "Runs" }
        @for wrong in &filter.wrong { p class="notice" role="alert" { (wrong) } }
        (filter.form(&names))
        (stream(filter.after.is_none().then_some("/api/v1/events"), &live(&filter, &address(&filter)).show(&rows)))
    };
    Ok(page(&visit, Section::Runs, "Runs", &content))
}

/// `GET /runs-part`: the counts and the table.
pub(super) async fn part(State(state): State<AppState>, visit: Visit, RawQuery(query): RawQuery) -> Answer {
    let pairs = Pairs::of_query(query.as_deref());
    let filter = Filter::read(&pairs);
    let rows = rows(&state, &visit, &filter).await?;
    Ok(live(&filter, &address(&filter)).answer(pairs.get("known"), &rows))
}

fn address(filter: &Filter) -> String {
    format!("/runs-part?{}", filter.query(&[]))
}

/// The first page follows what happens; a further one stays as it is, so that its runs do not move away.
fn live<'l>(filter: &Filter, address: &'l str) -> Live<'l> {
    let trigger = filter.after.is_none().then_some(ALL);
    Live { id: "runs", address, label: "Runs", trigger, keeps_focus: true, beside: None }
}

async fn rows(state: &AppState, visit: &Visit, filter: &Filter) -> Result<Markup, flujo::Error> {
    let counts = state.lists.count(&filter.counted()).await?;
    // One more than is shown: then there is a next page.
    let found = state.lists.list(&filter.listed().limit(LIMIT + 1)).await?;
    let runs = found.get(..LIMIT).unwrap_or(&found);
    let next = (found.len() > LIMIT).then(|| runs.last().map(|last| filter.order.cursor(last).to_string()));
    Ok(html! {
        (counted(filter, &counts))
        (table::table(visit, filter, runs))
        (pages(filter, next.flatten().as_deref()))
    })
}

fn counted(filter: &Filter, counts: &[RunCount]) -> Markup {
    let of = |state: RunState| {
        counts.iter().filter(|count| count.state == state).map(|count| count.runs).sum::<u64>()
    };
    let all: u64 = counts.iter().map(|count| count.runs).sum();
    let here = |is_here: bool| is_here.then_some("true");
    html! {
        ul class="counts" aria-label="Runs by state" {
            li { a href=(format!("/?{}", filter.with_states(&[]).query(&[]))) aria-current=[here(filter.states.is_empty())] {
                "all " (show::number(all))
            } }
            @for state in RunState::ALL {
                @let n = of(state);
                @if n > 0 || filter.states.contains(&state) {
                    li { a href=(format!("/?{}", filter.with_states(&[state]).query(&[])))
                        aria-current=[here(filter.states == [state])] { (show::state(state)) " " (show::number(n)) } }
                }
            }
        }
    }
}

fn pages(filter: &Filter, next: Option<&str>) -> Markup {
    html! {
        @if filter.after.is_some() || next.is_some() {
            nav class="row" aria-label="Pages of the list" {
                @if filter.after.is_some() { a class="button" href=(format!("/?{}", filter.query(&[]))) { "First page" } }
                @if let Some(next) = next {
                    a class="button" rel="next" href=(format!("/?{}", filter.query(&[("after", next)]))) { "Next page" }
                }
            }
        }
    }
}

/// The summary of one run, by a look-up in the order of ids: the run behind the last id that is smaller.
pub(super) async fn summary(state: &AppState, id: &str) -> Result<Option<RunSummary>, flujo::Error> {
    let mut filter = RunFilter::default().order(RunOrder::Id).limit(8);
    if let Some(before) = before(id) {
        filter = filter.after(before.as_str());
    }
    Ok(state.control.list(&filter).await?.into_iter().find(|run| run.id.as_str() == id))
}

/// A text that comes a little before another in the order of bytes; `None` if it would be the first.
fn before(id: &str) -> Option<String> {
    let last = id.chars().last()?;
    let head = id.strip_suffix(last)?;
    let less = u32::from(last).checked_sub(1).map(|less| if less == 0xdfff { 0xd7ff } else { less });
    match less.and_then(char::from_u32) {
        Some(less) => Some(format!("{head}{less}\u{10ffff}")),
        None => Some(head.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::before;

    #[test]
    fn a_run_is_found_right_behind_the_text_before_its_id() {
        for id in ["a", "r-7", "r-\u{e000}", "ä", "r\0", "x\u{10ffff}"] {
            let less = before(id).unwrap();
            assert!(less.as_bytes() < id.as_bytes(), "{less:?} {id:?}");
        }
        assert_eq!(before(""), None);
        assert_eq!(before("r-7").as_deref(), Some("r-6\u{10ffff}"));
    }
}
