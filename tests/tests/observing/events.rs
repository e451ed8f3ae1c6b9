//! Events and observers: what is told of a run, when, and to whom.

use flujo::engine::RunId;
use flujo::events::EventKind;
use flujo::prelude::*;
use flujo_testing::{EventLog, PausedClock};
use flujo_tests::lines::lines;
use flujo_tests::pieces::Quiet;
use flujo_tests::world::*;
use std::sync::Arc;
use std::time::Duration;

#[step]
async fn spare(text: String, calls: &Calls, run: &RunInfo) -> Result<String> {
    calls.note(run);
    Ok(format!("spare {text}"))
}

pipeline! {
    pub fn inner(text: String, ctx: &mut State, world: &World) -> String {
        let text = broken(text).fallback(spare);
        wait(Duration::from_secs(1));
        add(text)
    }
}

pipeline! {
    pub fn seen(text: String, ctx: &mut State, world: &World) -> String {
        let n = flaky(1);
        let text = inner(format!("{text}{n}"));
        let (_, _) = join(add("a".to_owned()).named("a"), { count(1) });
        let text = repeat(text, |text| echo(format!("{text}!"))).until(|text| text.ends_with("!!")).max(3);
        let _all = map(vec!["x".to_owned(), "y".to_owned()], |text| add(text).named("each")).concurrency(1);
        gate(text, (Short(99),))
    }
}

#[derive(Clone, Debug)]
struct Short(usize);
impl Validator<String> for Short {
    fn validate(&self, text: &String) -> ValidationResult {
        if text.len() <= self.0 { ValidationResult::valid() } else { ValidationResult::invalid("too long") }
    }
}

pub fn everything() -> Vec<&'static str> {
    vec![
        "0 seen run seen resumed=false",
        "0 seen pipeline",
        "1 seen/flaky step",
        "1 seen/flaky attempt 1",
        "1 seen/flaky attempt 1 failed: not yet (1)",
        "1 seen/flaky retry 2 after 0ns",
        "1 seen/flaky attempt 2",
        "1 seen/flaky attempt 2 ok",
        "1 seen/flaky step done",
        "1 seen/inner pipeline",
        "2 seen/inner/broken step",
        "2 seen/inner/broken attempt 1",
        "2 seen/inner/broken attempt 1 failed for good: broken by x2",
        "2 seen/inner/broken step failed: seen/inner/broken: broken by x2",
        "2 seen/inner/broken falls back to spare",
        "2 seen/inner/broken!spare step",
        "2 seen/inner/broken!spare attempt 1",
        "2 seen/inner/broken!spare attempt 1 ok",
        "2 seen/inner/broken!spare step done",
        "2 seen/inner/wait waits 1s",
        "2 seen/inner/wait waited",
        "2 seen/inner/add step",
        "2 seen/inner/add attempt 1",
        "2 seen/inner/add attempt 1 ok",
        "2 seen/inner/add step done",
        "1 seen/inner pipeline done",
        "1 seen/join:a forks 2",
        "1 seen/a step",
        "1 seen/a attempt 1",
        "1 seen/count step",
        "1 seen/count attempt 1",
        "1 seen/count attempt 1 ok",
        "1 seen/count step done",
        "1 seen/a attempt 1 ok",
        "1 seen/a step done",
        "1 seen/join:a merges 2",
        "1 seen/repeat:echo#1 round 1",
        "1 seen/echo#1 step",
        "1 seen/echo#1 attempt 1",
        "1 seen/echo#1 attempt 1 ok",
        "1 seen/echo#1 step done",
        "1 seen/repeat:echo#2 round 2",
        "1 seen/echo#2 step",
        "1 seen/echo#2 attempt 1",
        "1 seen/echo#2 attempt 1 ok",
        "1 seen/echo#2 step done",
        "1 seen/_all forks 2",
        "2 seen/_all[0]/each step",
        "2 seen/_all[0]/each attempt 1",
        "2 seen/_all[0]/each attempt 1 ok",
        "2 seen/_all[0]/each step done",
        "2 seen/_all[1]/each step",
        "2 seen/_all[1]/each attempt 1",
        "2 seen/_all[1]/each attempt 1 ok",
        "2 seen/_all[1]/each step done",
        "1 seen/_all merges 2",
        "1 seen/gate gate",
        "1 seen/gate attempt 1",
        "1 seen/gate attempt 1 ok",
        "1 seen/gate gate done",
        "0 seen pipeline done",
        "0 seen run done $0.00",
    ]
}

#[test]
fn every_event_of_every_node_is_told_once_and_in_order() {
    on_all(async |engine, _| {
        let log = EventLog::new();
        let (flujo, _) = flujo(&engine);
        let result = flujo.run(seen("x".to_owned())).id("r").observer(log.clone()).await;
        let events = log.events();
        assert!(events.iter().all(|event| event.run_id == RunId::from("r")));
        assert!(events.windows(2).all(|pair| pair[0].at <= pair[1].at));
        assert_eq!(lines(&log), everything(), "on {}", engine.name());
        assert_eq!(result.into_output().unwrap(), "spare x2!!");
        // Attaching runs nothing, so there is nothing to tell.
        drop(flujo.run(seen("x".to_owned())).id("r").observer(log.clone()).await);
        assert_eq!(lines(&log), Vec::<String>::new());
    });
}

#[test]
fn a_run_that_records_nothing_tells_the_same() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let log = EventLog::new();
    let builder = Flujo::builder().resources(World { calls: Calls::default() }).ephemeral();
    let flujo = builder.clock(Arc::new(PausedClock::default())).observer(log.clone()).build().unwrap();
    let result = runtime.block_on(async { flujo.run(seen("x".to_owned())).await });
    assert_eq!(lines(&log), everything());
    assert_eq!(result.into_output().unwrap(), "spare x2!!");
}

#[test]
fn times_latencies_and_usage_are_exact() {
    pipeline! {
        fn timed(text: String, ctx: &mut State, world: &World) -> String {
            wait(Duration::from_secs(2));
            let label = label(text);
            value(label.name)
        }
    }
    on_all(async |engine, clock| {
        use flujo::clock::Clock as _;
        let log = EventLog::new();
        let (flujo, _) = flujo(&engine);
        let now = clock.now();
        drop(flujo.run(timed("x".to_owned())).observer(log.clone()).await);
        let later = now.plus(Duration::from_secs(2));
        let events = log.take();
        assert_eq!((events[0].at, events.last().unwrap().at), (now, later));
        let used: Vec<_> = events
            .iter()
            .filter_map(|event| match &event.kind {
                EventKind::AttemptEnded { usage, .. } => Some(("attempt", *usage)),
                EventKind::NodeEnded { kind: flujo::graph::NodeKind::Model, usage, .. } => {
                    Some(("node", *usage))
                }
                EventKind::RunEnded { usage, latency, .. } => {
                    assert_eq!(*latency, Duration::from_secs(2));
                    Some(("run", *usage))
                }
                _ => None,
            })
            .collect();
        assert_eq!(used, [("attempt", one_call()), ("node", one_call()), ("run", one_call())]);
    });
}

#[test]
fn a_limit_is_told_where_it_stands() {
    pipeline! {
        fn limited(text: String, ctx: &mut State, world: &World) -> String {
            let first = label(text);
            let second = label(first.name).named("second");
            value(second.name)
        }
    }
    on_all(async |engine, _| {
        let log = EventLog::new();
        let (flujo, _) = flujo(&engine);
        let limits = UsageLimits::NONE.model_calls(1);
        drop(flujo.run(limited("x".to_owned())).limits(limits).observer(log.clone()).await);
        let told = lines(&log);
        let limit = "1 limited/second limit: the run's limit of 1 model call would be exceeded: 1 spent, 0 reserved, 1 needed";
        assert_eq!(told[told.len() - 2], limit);
        let end = "0 limited run failed: limited/second: the run's limit of 1 model call would be exceeded: 1 spent, 0 reserved, 1 needed";
        assert!(told[told.len() - 1].starts_with(end), "{told:?}");
    });
}

#[test]
fn restarts_are_told_and_a_run_that_has_ended_tells_nothing() {
    pipeline! {
        fn outer(text: String, ctx: &mut State, world: &World) -> u32 {
            parts(text).retries(1)
        }
    }
    pipeline! {
        fn parts(text: String, ctx: &mut State, world: &World) -> u32 {
            let _text = echo(text);
            flaky(1).retries(0)
        }
    }
    pipeline! {
        fn hangs(text: String, ctx: &mut State, world: &World) -> String {
            let _reply: String = ask("Go on?");
            echo(text)
        }
    }
    on_all(async |engine, _| {
        let log = EventLog::new();
        let (flujo, _) = flujo(&engine);
        drop(flujo.run(outer("x".to_owned())).observer(log.clone()).await);
        let told = [
            "0 outer run outer resumed=false",
            "0 outer pipeline",
            "1 outer/parts pipeline",
            "2 outer/parts/echo step",
            "2 outer/parts/echo attempt 1",
            "2 outer/parts/echo attempt 1 ok",
            "2 outer/parts/echo step done",
            "2 outer/parts/flaky step",
            "2 outer/parts/flaky attempt 1",
            "2 outer/parts/flaky attempt 1 failed: not yet (1)",
            "2 outer/parts/flaky step failed: outer/parts/flaky: not yet (1)",
            "1 outer/parts restarts, 0 left",
            "2 outer/parts/flaky step",
            "2 outer/parts/flaky attempt 2",
            "2 outer/parts/flaky attempt 2 ok",
            "2 outer/parts/flaky step done",
            "1 outer/parts pipeline done",
            "0 outer pipeline done",
            "0 outer run done $0.00",
        ];
        assert_eq!(lines(&log), told);

        drop(flujo.run(hangs("x".to_owned())).id("h").await);
        flujo.cancel("h").await.unwrap();
        drop(flujo.resume::<hangs>("h").observer(log.clone()).await);
        assert_eq!(lines(&log), Vec::<String>::new(), "a run that has ended runs nothing");
    });
}

#[test]
fn a_redirected_attempt_is_told_at_both_nodes() {
    #[step]
    async fn loud(text: String) -> Result<String> {
        Ok(format!("{text}!"))
    }
    #[step]
    async fn low(text: String) -> Result<String> {
        Ok(text)
    }
    pipeline! {
        fn turned(text: String) -> String {
            loud(text).retries(1).plugin(Quiet).redirect(low)
        }
    }
    on_all(async |engine, _| {
        let log = EventLog::new();
        let (flujo, _) = flujo(&engine);
        let result = flujo.run(turned("x".to_owned())).observer(log.clone()).await;
        let told = lines(&log);
        assert_eq!(
            told[2..12],
            [
                "1 turned/loud step",
                "1 turned/loud attempt 1",
                "1 turned/loud attempt 1 failed: rejected: plugin `Quiet` redirected",
                "1 turned/loud redirected to low",
                "1 turned/loud!low step",
                "1 turned/loud!low attempt 2",
                "1 turned/loud!low attempt 2 ok",
                "1 turned/loud!low step done",
                "1 turned/loud step done",
                "0 turned pipeline done",
            ]
        );
        assert_eq!(result.into_output().unwrap(), "x");
    });
}
