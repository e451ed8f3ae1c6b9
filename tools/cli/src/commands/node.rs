//! The attempts of nodes: what they were given, what came of it, and what models said.

use crate::console::Console;
use crate::json::attempt::state;
use crate::runs::Given;
use crate::stop::CliResult;
use crate::text::colour::Colour;
use crate::text::time::{Span, short};
use crate::text::usage;
use flujo::engine::{Exchange, PartChange, Record, RecordOutcome};
use flujo::error::FailureRecord;
use flujo::model::Message;
use std::sync::Arc;

/// Prints attempts with their inputs; an input without an attempt is that of a node that has not ended.
pub(super) fn print(
    records: &[&Arc<Record>],
    given: &[&Given],
    (messages, outputs): (bool, bool),
    console: &mut Console<'_>,
) -> CliResult<()> {
    let input_of =
        |record: &Record| given.iter().find(|input| input.path == record.key.path && input.n == record.key.n);
    for (i, record) in records.iter().enumerate() {
        let input = input_of(record);
        let says = messages && !record.messages.is_empty();
        if !outputs && input.is_none() && !says {
            continue;
        }
        if i > 0 || !outputs {
            console.print("\n")?;
        }
        title(record, console)?;
        if let Some(input) = input {
            self::given(input, console)?;
        }
        if outputs {
            attempt(record, console)?;
        }
        if messages {
            record.messages.iter().try_for_each(|exchange| said(exchange, console))?;
        }
    }
    let recorded =
        |input: &Given| records.iter().any(|record| record.key.path == input.path && record.key.n == input.n);
    for input in given.iter().filter(|input| !recorded(input)) {
        console.print("\n")?;
        let n = if input.n > 1 { format!(" attempt {}", input.n) } else { String::new() };
        console.coloured(&format!("{}{n}", input.path), Some(Colour::Bold))?;
        self::given(input, console)?;
    }
    Ok(())
}

fn title(record: &Record, console: &mut Console<'_>) -> CliResult<()> {
    let colour = match &record.outcome {
        RecordOutcome::Output(_) => Colour::Green,
        RecordOutcome::Failure(_) => Colour::Red,
    };
    let title = format!("{} attempt {}: {}", record.key.path, record.key.n, state(record));
    console.coloured(&title, Some(colour))
}

fn given(input: &Given, console: &mut Console<'_>) -> CliResult<()> {
    console.field("  input", input.input.as_str())?;
    for (part, value) in &input.context {
        console.field("  context", &format!("{part} = {value}"))?;
    }
    Ok(())
}

fn attempt(record: &Record, console: &mut Console<'_>) -> CliResult<()> {
    let took = Span(record.ended.since(record.started));
    let cached = if record.cached { ", from the cache" } else { "" };
    console.field("  time", &format!("{} UTC, {took}{cached}", short(record.started)))?;
    match &record.outcome {
        RecordOutcome::Output(output) => console.field("  output", output.as_str())?,
        RecordOutcome::Failure(failure) => failed(failure, console)?,
    }
    for (part, change) in &record.parts {
        let sign = if matches!(change, PartChange::Appended { .. }) { "+=" } else { "=" };
        console.field("  context", &format!("{part} {sign} {}", change.as_str()))?;
    }
    for finding in &record.findings {
        console.field("  finding", &finding.message)?;
    }
    if record.usage != flujo::Usage::default() {
        console.field("  usage", &usage::line(&record.usage))?;
    }
    for (model, used) in record.models.as_deref().map(|models| models.by_model.as_slice()).unwrap_or_default()
    {
        console.field("  model", &format!("{model}: {}", usage::line(used)))?;
    }
    Ok(())
}

fn failed(failure: &FailureRecord, console: &mut Console<'_>) -> CliResult<()> {
    let kind = failure.kind.word();
    let again = if failure.retryable { "" } else { ", for good" };
    console.field("  kind", &format!("{}{again}", kind.replace('_', " ")))?;
    for (i, message) in failure.chain.iter().enumerate() {
        console.field(if i == 0 { "  message" } else { "  because" }, message)?;
    }
    if let Some(feedback) = &failure.feedback {
        console.field("  feedback", feedback)?;
    }
    if let Some(output) = &failure.last_output {
        console.field("  rejected", output.as_str())?;
    }
    Ok(())
}

fn said(exchange: &Exchange, console: &mut Console<'_>) -> CliResult<()> {
    console.field("  asked", &exchange.model)?;
    exchange.sent.iter().chain(&exchange.answer).try_for_each(|message| one(message, console))?;
    if let Some(error) = &exchange.error {
        console.field("  error", error)?;
    }
    Ok(())
}

fn one(message: &Message, console: &mut Console<'_>) -> CliResult<()> {
    let role = format!("{:?}", message.role).to_ascii_lowercase();
    console.block(4, &format!("{role}:"))?;
    console.block(6, &message.text)?;
    for attachment in &message.attachments {
        console.block(6, &format!("(with {})", attachment.media_type))?;
    }
    for call in &message.calls {
        console.block(6, &format!("calls {} {}", call.name, call.arguments))?;
    }
    Ok(())
}
