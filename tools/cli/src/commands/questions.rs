//! `questions`.

use crate::args::QuestionsArgs;
use crate::console::Console;
use crate::exit::Exit;
use crate::json::question::{PendingDoc, QuestionsAnswer};
use crate::runs::Runs;
use crate::stop::Done;
use crate::text::colour::Colour;
use crate::text::{shell, time};
use flujo::engine::{PendingQuestion, QuestionFilter};
use flujo::question::Question;
use serde_json::Value;

pub(super) async fn execute(runs: &dyn Runs, args: &QuestionsArgs, console: &mut Console<'_>) -> Done {
    let questions = if let Some(id) = &args.id {
        let view = runs.inspect(&id.as_str().into()).await?;
        let (run, pipeline) = (view.run.id.clone(), view.run.pipeline.clone());
        let of_run = |question| PendingQuestion::new(run.clone(), pipeline.clone(), question);
        view.questions.into_iter().take(args.limit).map(of_run).collect()
    } else {
        let mut filter = QuestionFilter::default().limit(args.limit);
        filter.pipeline.clone_from(&args.pipeline);
        runs.inbox(&filter).await?
    };
    if console.json {
        console.answer(&QuestionsAnswer { questions: questions.iter().map(PendingDoc::of).collect() })?;
    } else {
        for (i, pending) in questions.iter().enumerate() {
            if i > 0 {
                console.print("\n")?;
            }
            let place = format!("{}  {}", pending.run, pending.question.path);
            console.whole(&place, Colour::Yellow)?;
            print(pending.run.as_str(), &pending.question, console)?;
        }
    }
    if questions.is_empty() {
        console.note("no question is open");
        return Ok(Exit::Nothing);
    }
    Ok(Exit::Ok)
}

/// Prints a question, and the command that answers it.
pub(super) fn print(run: &str, question: &Question, console: &mut Console<'_>) -> Done<()> {
    console.block(2, &question.message)?;
    if let Some(shown) = &question.shown {
        // Text is text, without quotes and escapes.
        let text = shown.decode::<String>().unwrap_or_else(|_| shown.to_string());
        console.block(2, &format!("shown: {text}"))?;
    }
    let becomes = match (question.deadline, &question.default) {
        (Some(deadline), Some(default)) => format!(", becomes {default} at {} UTC", time::short(deadline)),
        _ => String::new(),
    };
    console.block(2, &format!("asked {} UTC{becomes}", time::short(question.asked)))?;
    let schema: Value = question.schema.decode().unwrap_or_default();
    let (example, choices) = example(&schema);
    if choices.len() > 1 {
        console.block(2, &format!("one of: {}", choices.join(", ")))?;
    }
    // Never broken: people copy it.
    let command = console.command(&["reply", run, question.path.as_str()]);
    console.line(format!(
        "  {command} {}",
        example.map_or_else(|| "JSON".to_owned(), |value| shell::quoted(&value))
    ))
}

/// Returns a reply that fits the schema, where that is simple, and all replies where they are few.
fn example(schema: &Value) -> (Option<String>, Vec<String>) {
    let choices = choices(schema);
    if let Some(first) = choices.first() {
        return (Some(first.clone()), choices);
    }
    let kind = match schema.get("type") {
        Some(Value::String(kind)) => kind.as_str(),
        _ => "",
    };
    match kind {
        "boolean" => (Some("true".to_owned()), vec!["true".to_owned(), "false".to_owned()]),
        "string" => (Some("\"...\"".to_owned()), Vec::new()),
        "integer" => (Some("0".to_owned()), Vec::new()),
        _ => (None, Vec::new()),
    }
}

fn choices(schema: &Value) -> Vec<String> {
    let all = |list: &Value| list.as_array().map(|all| all.iter().map(Value::to_string).collect::<Vec<_>>());
    if let Some(found) = schema.get("enum").and_then(all) {
        return found;
    }
    // Variants with comments of their own are constants.
    let variants = schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(Value::as_array);
    let constants = variants.map(|all| all.iter().map(|one| one.get("const").map(Value::to_string)));
    constants.and_then(Iterator::collect).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn replies_are_proposed_where_the_schema_is_simple() {
        assert_eq!(example(&json!({ "type": "boolean" })).0.as_deref(), Some("true"));
        let (first, all) = example(&json!({ "enum": ["a", "b"] }));
        assert_eq!((first.as_deref(), all.join(" ")), (Some("\"a\""), "\"a\" \"b\"".to_owned()));
        let (first, _) = example(&json!({ "oneOf": [{ "const": "x" }, { "const": "y" }] }));
        assert_eq!(first.as_deref(), Some("\"x\""));
        assert_eq!(example(&json!({ "oneOf": [{ "const": "x" }, { "type": "object" }] })).0, None);
        assert_eq!(example(&json!({ "type": "object" })).0, None);
    }
}
