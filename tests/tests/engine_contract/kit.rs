//! An engine that is made of the kit and of lines of JSON keeps the contract, also across the end of its process.

use crate::sound::{block_on, is_kept};
use flujo::clock::Clock;
use flujo::engine::RunId;
use flujo::engine::kit::{Change, Journal, LocalEngine, SavedRuns};
use flujo::error::Signal;
use flujo_testing::conformance::Subject;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What is left of an engine when its process has ended.
type Lines = Mutex<Vec<String>>;

/// The journal of one run. Where it is `SLOW` a line is durable only after the task was polled a few times more.
struct InLines<const SLOW: bool> {
    run: RunId,
    lines: Arc<Lines>,
}

impl<const SLOW: bool> Journal for InLines<SLOW> {
    type Ack = ();

    fn write(&mut self, change: Change<'_>) {
        let line = serde_json::to_string(&(&self.run, change)).unwrap();
        self.lines.lock().unwrap().push(line);
    }

    async fn durable((): ()) -> Result<(), Signal> {
        for _ in 0..3 * u32::from(SLOW) {
            tokio::task::yield_now().await;
        }
        Ok(())
    }
}

type Engine<const SLOW: bool> = LocalEngine<InLines<SLOW>>;

fn open<const SLOW: bool>(lines: &Arc<Lines>, clock: Arc<dyn Clock>) -> Result<Engine<SLOW>, flujo::Error> {
    let mut runs = SavedRuns::default();
    for line in &*lines.lock().unwrap() {
        let (run, change) = serde_json::from_str::<(RunId, Change<'static>)>(line).unwrap();
        runs.apply(&run, change)?;
    }
    let lines = Arc::clone(lines);
    let engine = LocalEngine::new(clock, move |run| InLines { run: run.clone(), lines: Arc::clone(&lines) });
    runs.into_iter().for_each(|run| engine.load(run));
    Ok(engine)
}

fn subject<const SLOW: bool>() -> Subject<Engine<SLOW>, Lines> {
    Subject::stored("Lines", Lines::default, |lines, clock| async move { open(&lines, clock) })
        .takes_over(|_, engine, id| async move { engine.take_over(&id).map(drop) })
}

#[test]
fn an_engine_of_the_kit_keeps_the_contract() {
    is_kept(&block_on(subject::<false>().patience(Duration::ZERO).check()), "no check");
}

#[test]
fn an_engine_of_the_kit_that_waits_for_its_storage_keeps_the_contract() {
    is_kept(&block_on(subject::<true>().check()), "no check");
}
