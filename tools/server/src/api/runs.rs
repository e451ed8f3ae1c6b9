//! Runs, as they are recorded.

use super::answer::Picture;
use super::operation::{About, Call, Json, Nothing, Operations};
use super::pipelines::registered;
use crate::access::Role;
use crate::data::{
    AttemptBody, ComparisonBody, CountBody, CountsBody, ExportBody, InboxBody, MismatchBody, NodeBody,
    NodeDetail, NodesBody, Number, Order, QuestionBody, QuestionsBody, RunBody, RunDetail, RunPage,
    StateWord,
};
use crate::places;
use crate::places::{QUESTION_PLACE, question_place_of};
use crate::problem::{Kind, Problem};
use crate::state::AppState;
use crate::time::Time;
use flujo::engine::{Period, QuestionFilter, RunFilter, RunView};
use flujo::run::RunInputs;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

const PAGE: usize = 50;

const fn about(path: &'static str, name: &'static str, summary: &'static str) -> About {
    About { path, name, summary, role: Role::Viewer, header: None, problems: &[Kind::UnknownRun] }
}

pub(super) fn add(operations: Operations) -> Operations {
    let node = about(
        "/runs/{id}/nodes/{*path}",
        "show_node",
        "The attempts of a node, with what went in and came out.",
    );
    let picture = about(
        "/runs/{id}/graph",
        "draw_run",
        "The graph of a run with the state, time and cost of each node, as SVG.",
    );
    operations
        .get(About { problems: &[], ..about("/runs", "list_runs", "Runs, page by page.") }, list)
        .get(About { problems: &[], ..about("/runs/counts", "count_runs", "The numbers of runs.") }, count)
        .get(about("/runs/{id}", "show_run", "A run, without its nodes."), show)
        .get(about("/runs/{id}/nodes", "list_nodes", "The nodes of a run that have records."), nodes)
        .get(About { problems: &[Kind::UnknownRun, Kind::UnknownNode], ..node }, node_detail)
        .get(About { problems: &[Kind::UnknownRun, Kind::NotRegistered], ..picture }, draw)
        .get(about("/runs/{id}/questions", "list_questions", "The open questions of a run."), questions)
        .get(about("/runs/{id}/export", "export_run", "Everything that is recorded of a run."), export)
        .get(about("/compare", "compare_runs", "Two runs beside each other, node by node."), compare)
        .get(
            About {
                problems: &[],
                ..about("/questions", "inbox", "The open questions of all runs, oldest first.")
            },
            inbox,
        )
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RunsQuery {
    #[serde(flatten)]
    filter: FilterQuery,
    /// The order: by id, or by the time of creation or of the last change, the newest first. Defaults to `created`.
    order: Option<Order>,
    /// The place behind which the page begins: `next` of the page before.
    #[schemars(extend("pattern" = crate::places::PLACE))]
    after: Option<String>,
    /// The most runs of the page. Defaults to 50.
    limit: Option<Number>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FilterQuery {
    /// Only runs of this pipeline.
    pipeline: Option<String>,
    /// Only runs in one of these states: `state=paused&state=failed`.
    #[serde(default)]
    state: Vec<StateWord>,
    /// Only runs with all of these labels: `label[tenant]=acme`.
    #[serde(default)]
    label: BTreeMap<String, String>,
    /// Only runs that were created then or later.
    created_from: Option<Time>,
    /// Only runs that were created earlier.
    created_until: Option<Time>,
    /// Only runs whose last change was then or later.
    changed_from: Option<Time>,
    /// Only runs whose last change was earlier.
    changed_until: Option<Time>,
    /// Only runs whose id contains this text; upper and lower case of ASCII letters are one.
    text: Option<String>,
}

impl FilterQuery {
    fn filter(self) -> RunFilter {
        let at = |time: Option<Time>| time.map(|time| time.0);
        let mut filter = RunFilter::default()
            .created(Period::new(at(self.created_from), at(self.created_until)))
            .changed(Period::new(at(self.changed_from), at(self.changed_until)));
        filter.pipeline = self.pipeline;
        filter.states = self.state.into_iter().map(|state| state.0).collect();
        filter.labels = self.label.into_iter().collect();
        filter.text = self.text;
        filter
    }
}

async fn list(call: Call<RunsQuery, ()>) -> Result<Json<RunPage>, Problem> {
    let RunsQuery { filter, order, after, limit } = call.query;
    let order = order.map_or(flujo::engine::RunOrder::Created, |order| order.0);
    let limit = limit.map_or(PAGE, |limit| limit.0);
    // One more than the page has says whether there is another page.
    let mut filter = filter.filter().order(order).limit(limit + 1);
    if let Some(after) = after {
        let place = places::place_of(&after).ok_or_else(|| not_a_place(&after))?;
        filter = filter.after(place);
    }
    let found = call.state.control.list(&filter).await?;
    let page = found.get(..limit).unwrap_or(&found);
    let next =
        (found.len() > limit).then(|| page.last().map(|run| places::place(&order.cursor(run)))).flatten();
    Ok(Json(RunPage { runs: page.iter().map(RunBody::of).collect(), next }))
}

fn not_a_place(text: &str) -> Problem {
    let what = format!("`after`: `{}` is no place: take `next` of the page before", text.escape_debug());
    Problem::new(Kind::Parameter, what)
}

async fn count(call: Call<FilterQuery, ()>) -> Result<Json<CountsBody>, Problem> {
    let counts = call.state.control.count(&call.query.filter()).await?;
    Ok(Json(CountsBody { counts: counts.into_iter().map(CountBody::of).collect() }))
}

async fn show(call: Call<Nothing, ()>) -> Result<Json<RunDetail>, Problem> {
    Ok(Json(RunDetail::of(&call.state.control.inspect(&call.run()).await?)))
}

async fn nodes(call: Call<Nothing, ()>) -> Result<Json<NodesBody>, Problem> {
    let view = call.state.control.inspect(&call.run()).await?;
    Ok(Json(NodesBody { nodes: view.nodes().iter().map(NodeBody::of).collect() }))
}

/// What the nodes of a run were given; `None` if its code is not here.
async fn inputs(state: &AppState, view: &RunView) -> Result<Option<RunInputs>, Problem> {
    if !state.control.pipelines().iter().any(|known| known.name == view.run.pipeline) {
        return Ok(None);
    }
    Ok(Some(state.control.inputs(&view.run.id).await?))
}

fn detail(view: &RunView, inputs: Option<&RunInputs>, path: &str) -> NodeDetail {
    let of_node = view.records.iter().filter(|record| record.key.path == *path);
    let attempts = of_node.map(|record| {
        let given = inputs.and_then(|inputs| inputs.of(path, record.key.n));
        AttemptBody::of(record, given)
    });
    let mismatch = inputs.and_then(|inputs| inputs.mismatch.as_ref()).map(MismatchBody::of);
    NodeDetail { path: path.to_owned(), attempts: attempts.collect(), mismatch }
}

async fn node_detail(call: Call<Nothing, ()>) -> Result<Json<NodeDetail>, Problem> {
    let view = call.state.control.inspect(&call.run()).await?;
    let path = call.part("path");
    if !view.records.iter().any(|record| record.key.path == *path) {
        let what = format!("run `{}` has no record of this node", view.run.id.as_str().escape_debug());
        return Err(Problem::new(Kind::UnknownNode, what).at(path));
    }
    let inputs = inputs(&call.state, &view).await?;
    Ok(Json(detail(&view, inputs.as_ref(), path)))
}

async fn draw(call: Call<Nothing, ()>) -> Result<Picture, Problem> {
    let view = call.state.control.inspect(&call.run()).await?;
    let pipeline = registered(&call.state, &view)?;
    Ok(Picture(crate::drawing::svg(pipeline.graph, Some(&view))))
}

async fn questions(call: Call<Nothing, ()>) -> Result<Json<QuestionsBody>, Problem> {
    let questions = call.state.control.questions(&call.run()).await?;
    Ok(Json(QuestionsBody { questions: questions.iter().map(QuestionBody::of).collect() }))
}

async fn export(call: Call<Nothing, ()>) -> Result<Json<ExportBody>, Problem> {
    let view = call.state.control.inspect(&call.run()).await?;
    let inputs = inputs(&call.state, &view).await?;
    let nodes = view.nodes().iter().map(|node| detail(&view, inputs.as_ref(), node.path.as_str())).collect();
    Ok(Json(ExportBody { version: 1, run: RunDetail::of(&view), nodes }))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CompareQuery {
    /// The id of the first run.
    first: String,
    /// The id of the second run.
    second: String,
}

async fn compare(call: Call<CompareQuery, ()>) -> Result<Json<ComparisonBody>, Problem> {
    let CompareQuery { first, second } = call.query;
    let first = call.state.control.inspect(&first.into()).await?;
    let second = call.state.control.inspect(&second.into()).await?;
    Ok(Json(ComparisonBody::of(&first, &second)))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct InboxQuery {
    /// Only questions of runs of this pipeline.
    pipeline: Option<String>,
    /// The place behind which the page begins: `next` of the page before.
    #[schemars(extend("pattern" = QUESTION_PLACE))]
    after: Option<String>,
    /// The most questions of the page. Defaults to 50.
    limit: Option<Number>,
}

async fn inbox(call: Call<InboxQuery, ()>) -> Result<Json<InboxBody>, Problem> {
    let InboxQuery { pipeline, after, limit } = call.query;
    let limit = limit.map_or(PAGE, |limit| limit.0);
    let mut filter = QuestionFilter::default().limit(limit + 1);
    filter.pipeline = pipeline;
    if let Some(after) = after {
        filter = filter.after(question_place_of(&after).ok_or_else(|| not_a_place(&after))?);
    }
    Ok(Json(InboxBody::of(&call.state.control.inbox(&filter).await?, limit)))
}
