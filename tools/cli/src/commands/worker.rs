//! `worker`.

use crate::args::WorkerArgs;
use crate::console::Console;
use crate::exit::Exit;
use crate::host::Host;
use crate::signals::Interrupts;
use crate::stop::{CliResult, Stop};
use serde::Serialize;

#[derive(Serialize)]
struct Answer {
    resumed: u64,
}

pub(super) async fn execute(host: &Host, args: &WorkerArgs, console: &mut Console<'_>) -> CliResult {
    let Some(worker) = &host.worker else {
        return Err(Stop::usage("`worker` needs the code of the pipelines"));
    };
    let (asked, stops) = tokio::sync::oneshot::channel::<()>();
    let (problems, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let mut interrupts = console.signals.then(|| Interrupts::listen(true).ok()).flatten();
    console.note("working on runs; Ctrl-C ends it");
    let mut working = worker(args.together, problems, Box::pin(async move { _ = stops.await }));
    let mut asked = Some(asked);
    let resumed = loop {
        tokio::select! {
            biased;
            Some(problem) = heard.recv() => console.note(problem),
            done = &mut working => break done?,
            () = next(&mut interrupts) => match asked.take() {
                Some(asked) => {
                    console.note("stopping: the runs under way have ten seconds; Ctrl-C again ends it at once");
                    _ = asked.send(());
                }
                None => return Ok(Exit::Interrupted),
            },
        }
    };
    // What was reported in the last moment.
    while let Ok(problem) = heard.try_recv() {
        console.note(problem);
    }
    if console.json {
        console.answer(&Answer { resumed })?;
    } else {
        let times = if resumed == 1 { "run" } else { "runs" };
        console.line(format!("went on with {resumed} {times}"))?;
    }
    Ok(Exit::Ok)
}

/// Waits for the next interruption, for ever where none is heard.
pub(super) async fn next(interrupts: &mut Option<Interrupts>) {
    match interrupts {
        Some(interrupts) => interrupts.next().await,
        None => std::future::pending().await,
    }
}
