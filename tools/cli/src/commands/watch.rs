//! `watch`.

use super::watched::Seen;
use super::{find, outcome};
use crate::args::WatchArgs;
use crate::console::Console;
use crate::exit::Exit;
use crate::runs::Runs;
use crate::stop::CliResult;
use crate::text::escape;
use crate::text::time::Span;
use flujo::engine::{RunState, RunView};
use flujo::path::Path;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;

pub(super) async fn execute(runs: &dyn Runs, args: &WatchArgs, console: &mut Console<'_>) -> CliResult {
    let id = args.id.as_deref().unwrap_or_default().into();
    let bar = Bar::new(console.terminal.live && !console.json);
    let (mut seen, mut advised) = (Seen::default(), None);
    let mut following = runs.follow(&id, args.every);
    loop {
        let view = following.look().await?;
        let news = seen.news(&view);
        bar.0.suspend(|| -> CliResult<()> {
            for one in &news {
                if console.json {
                    console.answer(&one.document())?;
                } else {
                    let (line, colour) = one.line();
                    console.coloured(&line, colour)?;
                }
            }
            console.flush()
        })?;
        let now = RunState::from(&view.status);
        if now.has_ended() {
            drop(bar);
            outcome::next(&view, console);
            return Ok(outcome::exit(now));
        }
        // What to do is said once for each state, and not for one that passes.
        if advised != Some(now) && now != RunState::Created {
            bar.0.suspend(|| outcome::next(&view, console));
            advised = Some(now);
        }
        if args.until_asked && now == RunState::Paused {
            return Ok(Exit::Ok);
        }
        if console.terminal.live {
            let under_way = find::summary(runs, &view).await?.map(|run| run.under_way).unwrap_or_default();
            bar.0.set_message(progress(&view, &under_way, console));
        }
    }
}

/// Returns the moving line: `running for 12.00s, 5 attempts, $0.0021, at moderate/label`.
fn progress(view: &RunView, under_way: &[Path], console: &Console<'_>) -> String {
    let word = RunState::from(&view.status).word();
    let since = Span(console.now().since(view.started.unwrap_or(view.run.created)));
    let mut text = format!("{word}, {since} old, {} attempts, {}", view.records.len(), view.usage.cost());
    if !under_way.is_empty() {
        let paths = under_way.iter().map(Path::as_str).collect::<Vec<_>>().join(", ");
        text.push_str(", at ");
        text.push_str(&paths);
    }
    escape::line(&text).into_owned()
}

/// A spinner that is gone when it is dropped.
struct Bar(ProgressBar);

impl Bar {
    fn new(live: bool) -> Self {
        if !live {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self(bar)
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
