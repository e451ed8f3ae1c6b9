//! `questions`.

use crate::args::QuestionsArgs;
use crate::console::Console;
use crate::exit::Exit;
use crate::json::question::{PendingDoc, QuestionsAnswer};
use crate::runs::Runs;
use crate::stop::CliResult;
use crate::text::colour::Colour;
use crate::text::{example, shell, time};
use flujo::engine::{PendingQuestion, QuestionFilter};
use flujo::question::Question;
use serde_json::Value;

pub(super) async fn execute(runs: &dyn Runs, args: &QuestionsArgs, console: &mut Console<'_>) -> CliResult {
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
pub(super) fn print(run: &str, question: &Question, console: &mut Console<'_>) -> CliResult<()> {
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
    let (example, all) = example::of(&schema);
    if all.len() > 1 {
        let all: Vec<_> = all.iter().map(Value::to_string).collect();
        console.block(2, &format!("one of: {}", all.join(", ")))?;
    }
    // Never broken: people copy it.
    let command = console.command(&["reply", run, question.path.as_str()]);
    console.line(format!(
        "  {command} {}",
        example.map_or_else(|| "JSON".to_owned(), |value| shell::quoted(&value.to_string()))
    ))
}
