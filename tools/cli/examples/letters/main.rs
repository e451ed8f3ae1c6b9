//! Letters that a person looks at before they are sent: a binary whose `main` is a command line.
//!
//! ```sh
//! cargo run -p flujo-cli --example letters -- start letter --input '"Ada"' --id l-1 --wait
//! cargo run -p flujo-cli --example letters -- questions
//! ```
//!
//! `LETTERS_DB` is the file of the runs, `letters.db` without it.

#![allow(unreachable_pub, reason = "the pipelines are written as they would be in a library")]

mod clock;
mod pipelines;

use flujo::model::Script;
use flujo::prelude::*;
use flujo_cli::{Cli, Console};
use flujo_sqlite::{Sqlite, Synchronous};
use pipelines::{MadeUpPrices, letter, note, queue, summary};
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, flujo::Error> {
    let file = std::env::var_os("LETTERS_DB").unwrap_or_else(|| "letters.db".into());
    let clock = clock::of_process();
    let mut engine = Sqlite::builder(file).synchronous(Synchronous::Off);
    let mut console = Console::of_process();
    if let Some(clock) = clock {
        engine = engine.clock(std::sync::Arc::new(clock.clone()));
        console = console.clock(clock);
    }
    let flujo = Flujo::builder()
        .engine(engine.open()?)
        .models(Script::new().otherwise(|request| {
            let text = request.messages.last().map(|message| message.text.clone()).unwrap_or_default();
            format!("{text} Yours, L.")
        }))
        .prices(MadeUpPrices)
        .record_messages(flujo::events::Redact::new())
        .pipeline::<letter>()
        .pipeline::<note>()
        .pipeline::<queue>()
        .pipeline::<summary>()
        .build()?;
    // Without a clock of its own this would be `flujo_cli::run(flujo).await`.
    let cli = Cli::new(flujo);
    #[cfg(feature = "server")]
    let cli = match std::env::var("LETTERS_BUDGET") {
        Ok(dollars) => cli.server(move |server| server.budget("letters", SharedBudget::usd(&dollars))),
        Err(_) => cli,
    };
    Ok(cli.run_from(std::env::args_os(), console).await.into())
}
