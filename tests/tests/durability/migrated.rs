//! Runs that go on with a newer version of a step, whose older outputs are carried over.

use flujo::engine::Status;
use flujo::error::Signal;
use flujo::prelude::*;
use flujo_testing::{Crash, Moment};
use flujo_tests::engines::AnyEngine;
use flujo_tests::with_engine;
use flujo_tests::world::*;
use std::sync::Arc;

/// The versions of a pipeline: each has a step that gives another type.
mod first {
    use flujo::prelude::*;
    use flujo_tests::world::*;
    #[step(retries = 1, backoff = none)]
    pub async fn tone(text: String, log: &mut Vec<String>, calls: &Calls, run: &RunInfo) -> Result<String> {
        calls.note(run);
        if text == "fails" {
            return Err(StepError::retryable("not yet"));
        }
        log.push(text.clone());
        Ok(text)
    }
    #[step]
    pub async fn shout(tone: String, calls: &Calls, run: &RunInfo) -> Result<String> {
        calls.note(run);
        Ok(tone.to_uppercase())
    }
    pipeline! {
        #[pipeline(name = "carried")]
        pub fn carried(text: String, ctx: &mut State, world: &World) -> String {
            let tone = tone(text);
            let shouted = shout(tone);
            let reply: String = ask("go on?");
            echo(format!("{shouted}{reply}"))
        }
    }
}
mod second {
    use flujo::prelude::*;
    use flujo_tests::world::*;
    #[derive(Clone, serde::Serialize, serde::Deserialize)]
    pub struct Tone {
        pub name: String,
        pub sure: bool,
    }
    pub fn from_1(name: String) -> Tone {
        Tone { name, sure: false }
    }
    #[step(version = 2, migrate = from_1)]
    pub async fn tone(text: String, log: &mut Vec<String>, calls: &Calls, run: &RunInfo) -> Result<Tone> {
        calls.note(run);
        log.push(text.clone());
        Ok(Tone { name: text, sure: true })
    }
    /// Takes what has changed, and gives the same as before.
    #[step(version = 2, migrate = std::convert::identity)]
    pub async fn shout(tone: Tone, calls: &Calls, run: &RunInfo) -> Result<String> {
        calls.note(run);
        Ok(tone.name.to_uppercase())
    }
    pipeline! {
        #[pipeline(name = "carried")]
        pub fn carried(text: String, ctx: &mut State, world: &World) -> String {
            let tone = tone(text);
            let shouted = shout(tone.clone());
            let reply: String = ask("go on?");
            echo(format!("{shouted}{reply}{}", tone.sure))
        }
    }
}
mod third {
    use super::second::{Tone, from_1, shout};
    use flujo::prelude::*;
    use flujo_tests::world::*;
    pub fn from_2(old: Tone) -> (String, u8) {
        (old.name, if old.sure { 100 } else { 50 })
    }
    #[step(version = 3, migrate = [from_1, from_2])]
    pub async fn tone(
        text: String,
        log: &mut Vec<String>,
        calls: &Calls,
        run: &RunInfo,
    ) -> Result<(String, u8)> {
        calls.note(run);
        log.push(text.clone());
        Ok((text, 100))
    }
    pipeline! {
        #[pipeline(name = "carried")]
        pub fn carried(text: String, ctx: &mut State, world: &World) -> String {
            let tone = tone(text);
            let known = value(Tone { name: tone.0.clone(), sure: tone.1 == 100 });
            let shouted = shout(known);
            let reply: String = ask("go on?");
            echo(format!("{shouted}{reply}{}", tone.1))
        }
    }
}
/// Nobody says how the first version is carried over, and a node that is new stands in front.
mod without {
    use flujo::prelude::*;
    use flujo_tests::world::*;
    #[step(version = 2)]
    pub async fn tone(text: String, calls: &Calls, run: &RunInfo) -> Result<String> {
        calls.note(run);
        Ok(text)
    }
    pipeline! {
        #[pipeline(name = "carried")]
        pub fn carried(text: String, ctx: &mut State, world: &World) -> String {
            let text = echo(text).named("new");
            let tone = tone(text);
            let shouted = super::first::shout(tone);
            let reply: String = ask("go on?");
            echo(format!("{shouted}{reply}"))
        }
    }
}
/// It takes something else than the first version gave.
mod unreadable {
    use flujo::prelude::*;
    use flujo_tests::world::*;
    fn from_1(old: u64) -> String {
        old.to_string()
    }
    #[step(version = 2, migrate = from_1)]
    pub async fn tone(text: String, calls: &Calls, run: &RunInfo) -> Result<String> {
        calls.note(run);
        Ok(text)
    }
    pipeline! {
        #[pipeline(name = "carried")]
        pub fn carried(text: String, ctx: &mut State, world: &World) -> String {
            let tone = tone(text);
            let shouted = super::first::shout(tone);
            let reply: String = ask("go on?");
            echo(format!("{shouted}{reply}"))
        }
    }
}

/// A run of this version, waiting for its reply.
macro_rules! paused {
    ($engine:expr, $version:ident) => {{
        let (flujo, calls) = flujo($engine);
        let result = flujo.run($version::carried("x".into())).id("r").await;
        assert_eq!(result.questions().len(), 1);
        (flujo, calls)
    }};
}

#[test]
fn what_an_older_version_gave_is_carried_over() {
    on_all(async |engine, _| {
        let (flujo, calls) = paused!(&engine, first);
        let result = flujo.resume::<second::carried>("r").reply("!").await.unwrap();
        assert_eq!(result.context.log, ["x"]);
        // Not sure: so says the function, and not the step of today.
        assert_eq!(result.into_output().unwrap(), "X!false");
        assert_eq!((calls.of("carried/tone"), calls.of("carried/shout"), calls.len()), (1, 1, 3));
        // The record stays what it was.
        let view = flujo.inspect("r").await.unwrap();
        assert_eq!((view.records[0].version, view.records[2].version), (1, 1));
        let again = flujo.run(second::carried("x".into())).id("r").await;
        assert_eq!(again.into_output().unwrap(), "X!false");
    });
}

#[test]
fn what_older_versions_gave_is_carried_over_from_each_to_the_next() {
    on_all(async |engine, _| {
        let (flujo, calls) = paused!(&engine, first);
        let result = flujo.resume::<third::carried>("r").reply("!").await.unwrap();
        assert_eq!(result.into_output().unwrap(), "X!50");
        assert_eq!(calls.of("carried/tone"), 1);
    });
    on_all(async |engine, _| {
        let (flujo, calls) = paused!(&engine, second);
        let result = flujo.resume::<third::carried>("r").reply("!").await.unwrap();
        assert_eq!(result.into_output().unwrap(), "X!100");
        assert_eq!(calls.of("carried/tone"), 1);
    });
}

/// The mismatch that resuming a run of one version with another runs into; the run still waits.
macro_rules! mismatch {
    ($was:ident, $now:ident) => {{
        let said = std::sync::Mutex::new(Vec::new());
        on_all(async |engine, _| {
            let (flujo, calls) = paused!(&engine, $was);
            let before = calls.len();
            let result = flujo.resume::<$now::carried>("r").await.unwrap();
            let Outcome::Failed(error) = &result.outcome else { panic!("{result:?}") };
            assert!(matches!(error.signal(), Some(Signal::JournalMismatch(_))), "{error}");
            said.lock().unwrap().push(error.to_string());
            assert_eq!(flujo.inspect("r").await.unwrap().status, Status::Paused);
            assert_eq!(calls.len(), before, "nothing has run");
            let result = flujo.resume::<$was::carried>("r").reply("!").await.unwrap();
            assert!(matches!(result.outcome, Outcome::Done(_)), "{result:?}");
        });
        let mut said = said.into_inner().unwrap();
        said.dedup();
        assert_eq!(said.len(), 1, "all engines say the same: {said:?}");
        said.swap_remove(0)
    }};
}

#[test]
fn a_version_that_nobody_carries_over_is_found_before_anything_runs() {
    assert_eq!(
        mismatch!(first, without),
        "carried/tone: the record does not fit the code: recorded with version 1, now 2, and its step does not say \
         how its output is carried over: name a function with `migrate` in its `#[step(..)]`; no record was changed"
    );
    assert_eq!(
        mismatch!(second, first),
        "carried/tone: the record does not fit the code: recorded with version 2, and the code is older: version 1; \
         no record was changed"
    );
    assert_eq!(
        mismatch!(first, unreadable),
        "carried/tone: the record does not fit the code: its output is not what version 1 gave, as `migrate` takes it: \
         invalid type: string \"x\", expected u64 at line 1 column 3; no record was changed"
    );
}

#[test]
fn a_node_that_failed_in_an_older_version_gets_fresh_attempts() {
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        drop(flujo.run(first::carried("fails".into())).id("r").await);
        assert_eq!(calls.len(), 2);
        let result = flujo.resume::<second::carried>("r").await.unwrap();
        assert_eq!(result.questions().len(), 1);
        assert_eq!(calls.all()[2], ("carried/tone".to_owned(), 3), "numbered on");
        assert_eq!(result.step("carried/tone").map(flujo::StepResult::attempts), Some(3));
        let result = flujo.resume::<second::carried>("r").reply("!").await.unwrap();
        assert_eq!(result.into_output().unwrap(), "FAILS!true");
    });
}

#[test]
fn killed_anywhere_what_was_carried_over_is_the_same() {
    fn dying(engine: &AnyEngine, at: usize, moment: Moment) -> (Flujo<World>, Box<dyn Fn() -> bool>) {
        let builder = Flujo::builder().resources(World { calls: Calls::default() });
        with_engine!(engine, e => {
            let crash = Arc::new(Crash::new(e.clone(), at, moment));
            let struck = crash.clone();
            (builder.engine(crash).build().unwrap(), Box::new(move || struck.struck().is_some()))
        })
    }
    let kills = std::sync::atomic::AtomicUsize::new(0);
    for moment in [Moment::Before, Moment::After] {
        for at in 1..=4 {
            on_all(async |engine, _| {
                let (flujo, calls) = paused!(&engine, first);
                let (dies, struck) = dying(&engine, at, moment);
                drop(dies.resume::<second::carried>("r").reply("!").await.unwrap());
                assert!(struck(), "{moment:?} {at}");
                kills.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let result = flujo.resume::<second::carried>("r").await.unwrap();
                assert_eq!(result.context.log, ["x"]);
                assert_eq!(result.into_output().unwrap(), "X!false");
                assert_eq!((calls.of("carried/tone"), calls.of("carried/shout")), (1, 1));
            });
        }
    }
    assert_eq!(kills.into_inner(), 8 * flujo_tests::engines::NAMES.len());
}

/// What a model has answered is paid for once.
mod paid {
    use flujo::prelude::*;
    use flujo_tests::world::*;
    pub mod now {
        use flujo::prelude::*;
        use flujo_tests::world::{Label, World};
        fn from_1(old: Label) -> String {
            old.name
        }
        #[step(model = "test:small", max_tokens = 50, version = 2, migrate = from_1)]
        fn label(text: String) -> Prompt<String> {
            Prompt::ask(text)
        }
        pipeline! {
            #[pipeline(name = "paid")]
            pub fn paid(text: String, world: &World) -> String {
                let name = label(text);
                let reply: String = ask("go on?");
                format!("{name}{reply}")
            }
        }
    }
    pipeline! {
        #[pipeline(name = "paid")]
        pub fn paid(text: String, world: &World) -> String {
            let label = label(text);
            let reply: String = ask("go on?");
            format!("{}{reply}", label.name)
        }
    }
}

#[test]
fn an_answer_that_is_carried_over_is_paid_for_once() {
    on_all(async |engine, _| {
        let model = Scripted::default();
        let (flujo, _) = with_model(&engine, model.clone());
        assert_eq!(flujo.run(paid::paid("x".into())).id("r").await.questions().len(), 1);
        let result = flujo.resume::<paid::now::paid>("r").reply("!").await.unwrap();
        assert_eq!(result.usage, one_call());
        assert_eq!(model.requests.lock().unwrap().len(), 1);
        assert_eq!(result.into_output().unwrap(), "calm!");
    });
}
