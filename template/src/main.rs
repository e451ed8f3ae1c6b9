//! The workflow as a program: `cargo run -- serve --work` serves the console and works on runs, `cargo run -- help` lists
//! the other commands.

use flujo::events::Redact;
use flujo::prelude::*;
use flujo_cli::Cli;
use flujo_server::Live;
use flujo_sqlite::Sqlite;
use std::process::ExitCode;

use {{crate_name}}::answer;

#[tokio::main]
async fn main() -> Result<ExitCode, flujo::Error> {
    let live = Live::new();
    let flujo = Flujo::builder()
        .models(models()?)
        .engine(Sqlite::open("runs.db")?)
        .pipeline::<answer>()
        .record_messages(Redact::new())
        .observer(live.clone())
        .build()?;
    Ok(Cli::new(flujo).live(live).run().await)
}

#[cfg(feature = "models")]
fn models() -> Result<flujo_models::Models, flujo::Error> {
    flujo_models::Models::from_env()
}

/// Stands in for the model, offline: it sees a refund where there is a number.
#[cfg(not(feature = "models"))]
fn models() -> Result<flujo::model::Script, flujo::Error> {
    Ok(flujo::model::Script::new().otherwise(|request| {
        let text = request.messages.last().map_or("", |message| &message.text);
        if request.path == "answer/read" {
            let number = text
                .split(|c: char| !c.is_ascii_digit())
                .find(|word| !word.is_empty());
            match number {
                Some(euros) => [r#"{"kind": "refund", "cents": "#, euros, "00}"].concat(),
                None => r#"{"kind": "question"}"#.to_owned(),
            }
        } else {
            format!(
                "Dear customer, {}.",
                text.rsplit(": ").next().unwrap_or(text)
            )
        }
    }))
}
