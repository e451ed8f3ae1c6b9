//! `show`.

use super::{find, node, outcome, questions};
use crate::args::ShowArgs;
use crate::console::Console;
use crate::exit::Exit;
use crate::json::attempt::{AttemptDoc, InputDoc, state as state_of};
use crate::json::run::ShowAnswer;
use crate::runs::{Inputs, Runs};
use crate::stop::{CliResult, Stop};
use crate::text::colour::Colour;
use crate::text::misfit;
use crate::text::table::{Cell, Column, Table};
use crate::text::time::{Span, short};
use crate::text::usage;
use flujo::engine::{Action, ActionKind, FinalOutcome, NodeView, Record, RunState, RunView, Status};
use flujo::path::Path;
use std::sync::Arc;

pub(super) async fn execute(runs: &dyn Runs, args: &ShowArgs, console: &mut Console<'_>) -> CliResult {
    let id = args.id.as_str().into();
    let view = runs.inspect(&id).await?;
    let inputs = if args.inputs {
        runs.pipeline(&view.run.pipeline).await?;
        Some(runs.inputs(&id).await?)
    } else {
        None
    };
    let is_shown = |path: &Path| args.node.as_deref().is_none_or(|node| node == path.as_str());
    let records: Vec<&Arc<Record>> =
        view.records.iter().filter(|record| is_shown(&record.key.path)).collect();
    let given = inputs.as_ref().map(|inputs| &inputs.nodes).into_iter().flatten();
    let given: Vec<_> = given.filter(|input| is_shown(&input.path)).collect();
    let asks = view.questions.iter().any(|question| is_shown(&question.path));
    let asked = asks || view.answered.iter().any(|answered| is_shown(&answered.question.path));
    if let Some(path) = args.node.as_deref().filter(|_| records.is_empty() && given.is_empty() && !asked) {
        let next = console.command(&["show", &args.id]);
        return Err(Stop::nothing(format_args!(
            "run `{}` has nothing recorded at `{path}`; `{next}` lists its nodes",
            args.id
        )));
    }
    let under_way = find::summary(runs, &view).await?.map(|run| run.under_way).unwrap_or_default();
    let nodes = view.nodes();
    if console.json {
        let mut answer = ShowAnswer::of(&view, &nodes, under_way);
        let documents = || records.iter().map(|record| AttemptDoc::of(record, args.messages)).collect();
        answer.attempts = (args.node.is_some() || args.messages).then(documents);
        answer.inputs = inputs.is_some().then(|| given.iter().map(|input| InputDoc::of(input)).collect());
        answer.mismatch = inputs.as_ref().and_then(|inputs| inputs.mismatch.as_ref()).or(answer.mismatch);
        console.answer(&answer)?;
        return Ok(Exit::Ok);
    }
    if args.node.is_none() {
        head(&view, &under_way, console)?;
        if !nodes.is_empty() {
            console.print("\n")?;
            console.table(&table(&nodes))?;
        }
    }
    if args.node.is_some() || args.messages || args.inputs {
        node::print(&records, &given, (args.messages, args.node.is_some()), console)?;
        mismatch(inputs.as_ref(), console);
    }
    for question in view.questions.iter().filter(|question| is_shown(&question.path)) {
        console.print("\n")?;
        console.coloured(&format!("{} asks", question.path), Some(Colour::Yellow))?;
        questions::print(view.run.id.as_str(), question, console)?;
    }
    if args.node.is_none() {
        let actions = view.actions();
        if actions.len() > 1 {
            console.print("\n")?;
            console.table(&history(&actions))?;
        }
        outcome::next(&view, console);
    }
    Ok(Exit::Ok)
}

fn head(view: &RunView, under_way: &[Path], console: &mut Console<'_>) -> CliResult<()> {
    let run = &view.run;
    let state = RunState::from(&view.status);
    console.field("run", run.id.as_str())?;
    console.field("pipeline", &run.pipeline)?;
    console.field("state", state.word())?;
    if !under_way.is_empty() {
        let paths = under_way.iter().map(Path::as_str).collect::<Vec<_>>().join(", ");
        console.field("at", &paths)?;
    }
    if let Some(origin) = &run.seed.origin {
        console.field("fork of", origin.as_str())?;
    }
    let by = run.by.as_deref().map(|by| format!(" by {by}")).unwrap_or_default();
    console.field("created", &format!("{} UTC{by}", short(run.created)))?;
    if let Some(ended) = view.ended {
        let took = Span(ended.since(view.started.unwrap_or(run.created)));
        console.field("ended", &format!("{} UTC, after {took}", short(ended)))?;
    }
    let labels = run.labels.iter().map(|(name, value)| format!("{name}={value}"));
    let labels = labels.collect::<Vec<_>>().join(" ");
    if !labels.is_empty() {
        console.field("labels", &labels)?;
    }
    console.field("usage", &usage::line(&view.usage))?;
    for (key, used) in &view.lost {
        let made_again = view.records.iter().any(|record| record.key == *key);
        let again = if made_again { ", and made again" } else { "" };
        console.field("lost", &format!("{}: {}, in no node{again}", key.path, usage::line(used)))?;
    }
    if view.reserved.model_calls > 0 {
        console.field("reserved", &usage::line(&view.reserved))?;
    }
    console.field("input", run.input.as_str())?;
    match &view.status {
        Status::Ended(FinalOutcome::Done(output)) => console.field("output", output.as_str())?,
        Status::Ended(ended) => console.field("failure", &ended.failure_line().unwrap_or_default())?,
        _ => {}
    }
    if let Some(signal) = &view.stopped {
        let why = misfit::of(view).map_or_else(|| signal.to_string(), misfit::phrase);
        console.field("stopped", &why)?;
    }
    Ok(())
}

fn table(nodes: &[NodeView]) -> Table {
    let columns = [
        Column::whole("node"),
        Column::whole("state"),
        Column::optional("kind", 1),
        Column::optional("attempts", 2).right(),
        Column::optional("worked", 3).right(),
        Column::optional("cost", 4).right(),
        Column::optional("ended (UTC)", 0),
    ];
    let mut table = Table::new(columns);
    for node in nodes {
        let state = state_of(&node.last);
        let colour = if state == "done" { Colour::Green } else { Colour::Red };
        table.row([
            Cell::new(node.path.as_str()),
            Cell::new(state).colour(Some(colour)),
            Cell::new(node.last.key.kind.word()),
            Cell::new(node.attempts.to_string()),
            Cell::new(Span(node.working).to_string()),
            Cell::new(if node.usage == flujo::Usage::default() {
                String::new()
            } else {
                node.usage.cost().to_string()
            }),
            Cell::new(short(node.ended)),
        ]);
    }
    table
}

fn history(actions: &[Action]) -> Table {
    let columns = [Column::whole("time (UTC)"), Column::optional("by", 0), Column::cut("action")];
    let mut table = Table::new(columns);
    for Action { at, by, what, .. } in actions {
        let what = match what {
            ActionKind::Started => "started".to_owned(),
            ActionKind::Forked(of) => format!("forked from {of}"),
            ActionKind::Replied(path) => format!("replied to {path}"),
            ActionKind::Cancelled => "cancelled".to_owned(),
            ActionKind::Retried => "retried".to_owned(),
            _ => "changed".to_owned(),
        };
        table.row([Cell::new(short(*at)), Cell::new(by.as_deref().unwrap_or_default()), Cell::new(what)]);
    }
    table
}

fn mismatch(inputs: Option<&Inputs>, console: &mut Console<'_>) {
    if let Some(mismatch) = inputs.and_then(|inputs| inputs.mismatch.as_ref()) {
        let (path, what) = (&mismatch.path, &mismatch.what);
        console.note(format!("inputs are known up to {path}: from there on this code does not fit: {what}"));
    }
}
