//! What `ConsoleTracer` writes, to the letter.

use flujo::events::{ConsoleTracer, TraceLevel};
use flujo::prelude::*;
use flujo_tests::with_engine;
use flujo_tests::world::*;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Where it writes to.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);
impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
impl Paper {
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

pipeline! {
    fn inside(text: String, ctx: &mut State, world: &World) -> Label {
        wait(Duration::from_millis(1500));
        label(text)
    }
}

pipeline! {
    fn shown(text: String, ctx: &mut State, world: &World) -> String {
        let label = inside(text);
        let n = flaky(1);
        let (_, _) = join(add(label.name).named("a"), count(1));
        let text: String = ask("Which word?").showing(&n);
        repeat(text, echo).until(|text| text == "no").max(1).or_last()
    }
}

/// What a tracer writes of the run and of its resumption.
async fn written(
    engine: &flujo_tests::engines::AnyEngine,
    set: impl Fn(ConsoleTracer) -> ConsoleTracer,
) -> (String, String) {
    let paper = Paper::default();
    let builder = Flujo::builder().resources(World { calls: Calls::default() }).models(Scripted::default());
    let builder = builder.prices(Prices).observer(set(ConsoleTracer::to(paper.clone())));
    let flujo = with_engine!(engine, e => builder.engine(e.clone()).build()).unwrap();
    drop(flujo.run(shown("x".to_owned())).id("r1").await);
    let first = paper.take();
    drop(flujo.resume::<shown>("r1").reply("yes").by("ada").await);
    (first, paper.take())
}

#[test]
fn the_console_shows_runs_nodes_or_everything() {
    on_all(async |engine, _| {
        let (first, _) = written(&engine, |tracer| tracer).await;
        assert_eq!(
            first,
            "\
shown: run r1 started
  inside: started
    label: done in 0µs, $0.0000002, 110 tokens
  inside: done in 1.50s
  flaky: attempt 1 failed: not yet (1)
  flaky: attempt 2 follows
  flaky: done in 0µs
  count: done in 0µs
  a: done in 0µs
  text: asks
shown: paused after 1.50s, waiting for 1 reply, $0.0000002, 110 tokens
  test:small: 1 call, $0.0000002, 110 tokens
"
        );
    });
    on_all(async |engine, _| {
        let (first, _) = written(&engine, |tracer| tracer.level(TraceLevel::Runs)).await;
        let pause = "shown: paused after 1.50s, waiting for 1 reply, $0.0000002, 110 tokens\n  test:small: 1 call, $0.0000002, 110 tokens\n";
        assert_eq!(first, format!("shown: run r1 started\n  text: asks\n{pause}"));
    });
    on_all(async |engine, _| {
        let (first, _) = written(&engine, |tracer| tracer.level(TraceLevel::Everything)).await;
        assert_eq!(
            first,
            "\
shown: run r1 started
  inside: started
    wait: waits for 1.50s
    wait: has waited
    label: started, a model
    label: attempt 1
    label: attempt 1 done in 0µs, $0.0000002, 110 tokens
    label: done in 0µs, $0.0000002, 110 tokens
  inside: done in 1.50s
  flaky: started, a step
  flaky: attempt 1
  flaky: attempt 1 failed: not yet (1)
  flaky: attempt 2 follows
  flaky: attempt 2
  flaky: attempt 2 done in 0µs
  flaky: done in 0µs
  join:a: 2 branches part
  a: started, a step
  a: attempt 1
  count: started, a step
  count: attempt 1
  count: attempt 1 done in 0µs
  count: done in 0µs
  a: attempt 1 done in 0µs
  a: done in 0µs
  join:a: 2 branches merged
  text: asks
shown: paused after 1.50s, waiting for 1 reply, $0.0000002, 110 tokens
  test:small: 1 call, $0.0000002, 110 tokens
"
        );
    });
}

#[test]
fn a_pause_and_a_replay_are_shown() {
    // Arms that have come together are one record on an ordered log.
    let (engine, _) = flujo_tests::engines::fresh(0);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (_, second) = runtime.block_on(async { written(&engine, |tracer| tracer).await });
    assert_eq!(
        second,
        "\
shown: run r1 resumed
  inside: started
    label: attempt 1 is recorded
  inside: done in 0µs
  flaky: attempt 1 is recorded, failed: not yet (1)
  flaky: attempt 2 is recorded
  a: attempt 1 is recorded
  count: attempt 1 is recorded
  text: answered by ada
  echo#1: done in 0µs
shown: done in 0µs, $0.0000002, 110 tokens
  test:small: 1 call, $0.0000002, 110 tokens
"
    );
}

#[test]
fn values_are_shown_only_where_asked_for() {
    on_all(async |engine, _| {
        let (first, second) = written(&engine, |t| t.log_inputs(true).log_outputs(true)).await;
        assert_eq!(
            first,
            "\
shown: run r1 started, input [\"x\"]
  inside: started
    label: input [\"x\"]
    label: output {\"name\":\"calm\"}
    label: done in 0µs, $0.0000002, 110 tokens
  inside: done in 1.50s
  flaky: input [1]
  flaky: attempt 1 failed: not yet (1)
  flaky: attempt 2 follows
  flaky: input [1]
  flaky: output 2
  flaky: done in 0µs
  a: input [\"calm\"]
  count: input [1]
  count: output 1
  count: done in 0µs
  a: output \"calm\"
  a: done in 0µs
  text: asks \"Which word?\", showing 2
shown: paused after 1.50s, waiting for 1 reply, $0.0000002, 110 tokens
  test:small: 1 call, $0.0000002, 110 tokens
"
        );
        assert!(second.contains("  text: answered by ada, \"yes\"\n"), "{second}");
        for level in [TraceLevel::Runs, TraceLevel::Nodes, TraceLevel::Everything] {
            let (first, second) = written(&engine_again(&engine), |t| t.level(level)).await;
            for value in ["\"x\"", "calm", "Which word", "yes\""] {
                assert!(!first.contains(value) && !second.contains(value), "{value} at {level:?}");
            }
        }
    });
}

/// A fresh engine of the same kind.
fn engine_again(engine: &flujo_tests::engines::AnyEngine) -> flujo_tests::engines::AnyEngine {
    let (fresh, _) =
        flujo_tests::engines::all().into_iter().find(|(e, _)| e.name() == engine.name()).unwrap();
    fresh
}

#[test]
fn colour_stands_around_what_is_said_and_text_is_tame() {
    #[step]
    async fn hostile(text: String) -> Result<String> {
        Err(StepError::fatal(format!("{text}\n\u{1b}[2Jgone")))
    }
    pipeline! {
        fn bad(text: String) -> String {
            hostile(text)
        }
    }
    on_all(async |engine, _| {
        let paper = Paper::default();
        let builder = Flujo::builder().observer(ConsoleTracer::to(paper.clone()).colour(true));
        let flujo = with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
        drop(flujo.run(bad("x".to_owned())).id("r1").await);
        let why = "x\\n\\u{1b}[2Jgone";
        assert_eq!(
            paper.take(),
            format!(
                "\
bad: run r1 started
  hostile: \u{1b}[31mattempt 1 failed: {why}\u{1b}[0m
  hostile: \u{1b}[31mfailed: bad/hostile: {why}\u{1b}[0m
bad: \u{1b}[31mfailed: bad/hostile: {why}\u{1b}[0m
"
            )
        );
    });
}

#[test]
fn what_goes_in_and_what_comes_out_are_asked_for_each_by_itself() {
    on_all(async |engine, _| {
        let (first, second) = written(&engine, |t| t.level(TraceLevel::Everything).log_inputs(true)).await;
        let values: Vec<_> =
            first.lines().filter(|line| line.contains("put ") || line.contains("asks")).collect();
        assert_eq!(
            values,
            [
                "shown: run r1 started, input [\"x\"]",
                "    label: attempt 1, input [\"x\"]",
                "  flaky: attempt 1, input [1]",
                "  flaky: attempt 2, input [1]",
                "  a: attempt 1, input [\"calm\"]",
                "  count: attempt 1, input [1]",
                "  text: asks \"Which word?\", showing 2",
            ]
        );
        assert!(second.contains("  text: answered by ada\n"), "{second}");

        let engine = engine_again(&engine);
        let (first, second) = written(&engine, |t| t.level(TraceLevel::Everything).log_outputs(true)).await;
        let values: Vec<_> =
            first.lines().filter(|line| line.contains("put ") || line.contains("asks")).collect();
        assert_eq!(
            values,
            [
                "    label: attempt 1 done in 0µs, $0.0000002, 110 tokens, output {\"name\":\"calm\"}",
                "  flaky: attempt 2 done in 0µs, output 2",
                "  count: attempt 1 done in 0µs, output 1",
                "  a: attempt 1 done in 0µs, output \"calm\"",
                "  text: asks",
            ]
        );
        assert!(second.contains("  text: answered by ada, \"yes\"\n"), "{second}");
    });
}

#[step]
async fn slept(millis: u64, clock: &flujo_testing::PausedClock) -> Result<u64> {
    use flujo::clock::Clock as _;
    clock.sleep(Duration::from_millis(millis)).await;
    Ok(millis)
}
#[resources]
struct Times {
    clock: flujo_testing::PausedClock,
}
pipeline! {
    fn lowest(times: &Times) -> u64 {
        slept(1)
    }
}
pipeline! {
    fn lower(times: &Times) -> u64 {
        let _ms = slept(12);
        let _below = lowest();
        slept(61_250).named("minute")
    }
}
pipeline! {
    fn lengths(times: &Times) -> u64 {
        let _below = lower();
        slept(2_345)
    }
}

#[test]
fn depth_is_indentation_and_durations_stand_in_their_largest_unit() {
    on_all(async |engine, clock| {
        let paper = Paper::default();
        let builder = Flujo::builder().resources(Times { clock }).observer(ConsoleTracer::to(paper.clone()));
        let flujo = with_engine!(&engine, e => builder.engine(e.clone()).build()).unwrap();
        drop(flujo.run(lengths()).id("r1").await);
        assert_eq!(
            paper.take(),
            "\
lengths: run r1 started
  lower: started
    slept: done in 12ms
    lowest: started
      slept: done in 1ms
    lowest: done in 1ms
    minute: done in 1m01s
  lower: done in 1m01s
  slept: done in 2.34s
lengths: done in 1m03s
"
        );
    });
}

/// Where the standard error is no terminal, a tracer that nobody told anything uses no colour: looked at from
/// outside, since a test cannot look at its own standard error.
#[test]
fn off_a_terminal_there_is_no_colour() {
    let child = "console::writes_to_the_standard_error";
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", child, "--ignored", "--nocapture", "--test-threads=1"])
        .env_remove("NO_COLOR")
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success());
    let written = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        written,
        "\
coloured: run r1 started
  broken: attempt 1 failed: broken by x
  broken: failed: coloured/broken: broken by x
coloured: failed: coloured/broken: broken by x
"
    );
}

pipeline! {
    fn coloured(text: String, world: &World) -> String {
        broken(text)
    }
}

#[test]
#[ignore = "run by `off_a_terminal_there_is_no_colour`, which reads what it writes"]
fn writes_to_the_standard_error() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let builder = Flujo::builder().resources(World { calls: Calls::default() });
    let clock = Arc::new(flujo_testing::PausedClock::default());
    let flujo = builder.ephemeral().clock(clock).observer(ConsoleTracer::new()).build().unwrap();
    drop(runtime.block_on(async { flujo.run(coloured("x".to_owned())).id("r1").await }));
}
