//! The examples of the pages of forms in the book's reference. Each runs, and its page shows the options that rustdoc has,
//! the graph of its pipeline, and what the run recorded.
#![allow(missing_docs, reason = "a test binary has no readers of its docs")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that goes wrong panics")]

mod ask;
mod branches;
mod calls;
mod cases;
mod fail;
mod gate;
mod join;
mod map;
mod refine;
mod repeat;
mod route;
mod value;
mod wait;

use flujo::Flujo;
use flujo::engine::{RecordOutcome, RunView};
use flujo::graph::Graph;
use flujo::run::Control;
use flujo_tests::made;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// Compares the page of a form with its graph, its options in rustdoc, and the records of the run `id`.
async fn page(form: &str, graph: &Graph, flujo: &Flujo, id: &str) {
    let view = Control::inspect(flujo, &id.into()).await.unwrap();
    let mut parts = vec![("graph", drawing(graph)), ("records", records(&view))];
    parts.extend(options(form).map(|table| ("options", table)));
    made::compare(&format!("reference/forms/{form}.md"), &parts).unwrap();
}

fn drawing(graph: &Graph) -> String {
    format!("```text\n{}```", graph.mermaid())
}

/// What is recorded, without times.
fn records(view: &RunView) -> String {
    let mut table = "| path | what | attempt | holds |\n|---|---|---|---|\n".to_owned();
    for record in &view.records {
        let holds = match &record.outcome {
            RecordOutcome::Output(output) => format!("the output `{}`", output.as_str()),
            RecordOutcome::Failure(failure) => {
                format!("the failure: {}", made::cell(&failure.chain.join(": ")))
            }
        };
        let parts: Vec<_> = record.parts.iter().map(|(name, _)| format!("part `{name}`")).collect();
        let holds = [vec![holds], parts].concat().join(", ");
        let (path, kind, n) = (&record.key.path, record.key.kind.word(), record.key.n);
        writeln!(table, "| `{path}` | {kind} | {n} | {} |", holds.replace('|', "\\|")).unwrap();
    }
    for answered in &view.answered {
        let (path, reply) = (&answered.question.path, answered.reply.value.as_str());
        writeln!(table, "| `{path}` | ask | | the question, and the reply `{reply}` |").unwrap();
    }
    for question in &view.questions {
        writeln!(table, "| `{}` | ask | | the question, which is open |", question.path).unwrap();
    }
    table
}

/// The table of options in the rustdoc of a form, with a column for the defaults.
fn options(form: &str) -> Option<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../flujo/src/flow/{form}.rs"));
    let source = fs::read_to_string(source).ok()?;
    let (_, rest) = source.split_once("/// # Options\n")?;
    let rows = rest.lines().skip(1).take_while(|line| line.starts_with("/// |")).skip(2);
    let rows = rows.filter_map(|line| line.strip_prefix("/// | "));
    let mut table = "| option | type | default | meaning |\n|---|---|---|---|\n".to_owned();
    for row in rows {
        let cells: Vec<_> = row.trim_end_matches('|').split(" | ").map(str::trim).collect();
        let (option, ty, meaning) = match cells.as_slice() {
            [option, ty, meaning] => (*option, *ty, *meaning),
            // An option without a value has an empty type.
            [option, meaning] => (*option, "", meaning.trim_start_matches("| ")),
            other => panic!("{form}: {other:?}"),
        };
        let (meaning, default) =
            match (meaning.split_once(" Defaults to "), meaning.strip_suffix(" Required.")) {
                (Some((meaning, default)), _) => (meaning, default.trim_end_matches('.')),
                (None, Some(meaning)) => (meaning, "required"),
                (None, None) => (meaning, "off"),
            };
        let ty = if ty.is_empty() { "no value" } else { ty };
        writeln!(table, "| {option} | {ty} | {default} | {meaning} |").unwrap();
    }
    Some(table)
}

#[test]
fn the_rustdoc_of_every_form_with_options_has_their_table() {
    let with: Vec<_> =
        ["ask", "fail", "gate", "join", "map", "refine", "repeat", "route", "value", "wait"].into();
    let with: Vec<_> = with.into_iter().filter(|form| options(form).is_some()).collect();
    assert_eq!(with, ["ask", "gate", "join", "map", "refine", "repeat", "route", "wait"]);
    let ask = options("ask").unwrap();
    assert!(
        ask.contains("| `.named(\"id\")` | literal | the name of the `let` binding, else `ask` |"),
        "{ask}"
    );
}
