//! Runs that go on with other code than they began with.

use flujo::engine::Status;
use flujo::error::Signal;
use flujo::prelude::*;
use flujo_tests::world::*;

/// The same durable name, changed code: what a deployment does to a run that is under way.
pub mod before {
    use flujo::prelude::*;
    use flujo_tests::world::*;
    pipeline! {
        #[pipeline(name = "evolving")]
        pub fn evolving(text: String, ctx: &mut State, world: &World) -> String {
            let text = add(text);
            let reply: String = ask("go on?");
            echo(format!("{text}{reply}"))
        }
    }
}
pub mod inserted {
    use flujo::prelude::*;
    use flujo_tests::world::*;
    pipeline! {
        #[pipeline(name = "evolving")]
        pub fn evolving(text: String, ctx: &mut State, world: &World) -> String {
            let text = add(text);
            let reply: String = ask("go on?");
            let reply = echo(reply).named("new");
            echo(format!("{text}{reply}"))
        }
    }
}
mod other_input {
    use flujo::prelude::*;
    use flujo_tests::world::*;
    pipeline! {
        #[pipeline(name = "evolving")]
        pub fn evolving(text: String, ctx: &mut State, world: &World) -> String {
            let text = add(format!("{text}, changed"));
            let reply: String = ask("go on?");
            echo(format!("{text}{reply}"))
        }
    }
}
mod other_question {
    use flujo::prelude::*;
    use flujo_tests::world::*;
    pipeline! {
        #[pipeline(name = "evolving")]
        pub fn evolving(text: String, ctx: &mut State, world: &World) -> String {
            let text = add(text);
            let reply: Label = ask("go on?");
            echo(format!("{text}{}", reply.name))
        }
    }
}
mod other_version {
    use flujo::prelude::*;
    use flujo_tests::world::{State, World, echo};
    #[step(version = 2)]
    pub async fn add(text: String, log: &mut Vec<String>) -> Result<String> {
        log.push(text.clone());
        Ok(text)
    }
    pipeline! {
        #[pipeline(name = "evolving")]
        pub fn evolving(text: String, ctx: &mut State, world: &World) -> String {
            let text = add(text);
            let reply: String = ask("go on?");
            echo(format!("{text}{reply}"))
        }
    }
}
mod other_output {
    use flujo::prelude::*;
    use flujo_tests::world::{State, World, echo};
    #[step]
    pub async fn add(text: String, log: &mut Vec<String>) -> Result<u64> {
        log.push(text);
        Ok(1)
    }
    pipeline! {
        #[pipeline(name = "evolving")]
        pub fn evolving(text: String, ctx: &mut State, world: &World) -> String {
            let text = add(text);
            let reply: String = ask("go on?");
            echo(format!("{text}{reply}"))
        }
    }
}

mod renamed {
    use flujo::prelude::*;
    use flujo_tests::world::*;
    pipeline! {
        #[pipeline(name = "evolving")]
        pub fn evolving(text: String, ctx: &mut State, world: &World) -> String {
            let text = add(text).named("added");
            let reply: String = ask("go on?");
            echo(format!("{text}{reply}"))
        }
    }
}
mod question_gone {
    use flujo::prelude::*;
    use flujo_tests::world::*;
    pipeline! {
        #[pipeline(name = "evolving")]
        pub fn evolving(text: String, ctx: &mut State, world: &World) -> String {
            let text = add(text);
            echo(text)
        }
    }
}
/// A node that is new stands in front of one whose output is another one: the walk comes by it in an arm.
mod other_output_beside_what_is_new {
    use flujo::prelude::*;
    use flujo_tests::world::{State, World, echo};
    #[step]
    pub async fn add(text: String, log: &mut Vec<String>) -> Result<u64> {
        log.push(text);
        Ok(1)
    }
    pipeline! {
        #[pipeline(name = "evolving")]
        pub fn evolving(text: String, ctx: &mut State, world: &World) -> String {
            let (new, old) = join(echo(text.clone()).named("new"), add(text));
            let reply: String = ask("go on?");
            echo(format!("{new}{old}{reply}"))
        }
    }
}

async fn paused_before(engine: &flujo_tests::engines::AnyEngine) -> (Flujo<World>, Calls) {
    let (flujo, calls) = flujo(engine);
    let result = flujo.run(before::evolving("x".into())).id("r").await;
    assert_eq!(result.questions().len(), 1);
    (flujo, calls)
}

/// The mismatch that resuming with `P` runs into, with the run as it was.
macro_rules! mismatch {
    ($module:ident) => {
        // The graph is another one: found before anything runs, so the run still waits for its reply.
        mismatch!($module, Status::Paused)
    };
    ($module:ident, $status:expr) => {{
        let seen = std::sync::Mutex::new(Vec::new());
        on_all(async |engine, _| {
            let (flujo, calls) = paused_before(&engine).await;
            let result = flujo.resume::<$module::evolving>("r").await.unwrap();
            let Outcome::Failed(error) = &result.outcome else { panic!("{result:?}") };
            assert!(matches!(error.signal(), Some(Signal::JournalMismatch(_))), "{error}");
            seen.lock().unwrap().push(error.to_string());
            // Nothing is overwritten: the code that it knows goes on.
            let view = flujo.inspect("r").await.unwrap();
            assert_eq!((view.status, view.records.len()), ($status, 1));
            let result = flujo.resume::<before::evolving>("r").reply("!").await.unwrap();
            assert_eq!(result.into_output().unwrap(), "x!");
            assert_eq!(calls.of("evolving/add"), 1);
        });
        let mut seen = seen.into_inner().unwrap();
        assert_eq!(seen[0], seen[1], "both engines say the same");
        seen.swap_remove(0)
    }};
}

#[test]
fn a_changed_input_is_found_at_its_leaf() {
    // The same graph: only its leaf can tell.
    let said = mismatch!(other_input, Status::Interrupted);
    assert!(
        said.starts_with(
            "evolving/add: the record does not fit the code: its input changed since it was recorded (digest "
        ) && said.ends_with("; no record was changed"),
        "{said}"
    );
}

#[test]
fn a_changed_version_is_found() {
    assert_eq!(
        mismatch!(other_version),
        "evolving/add: the record does not fit the code: recorded with version 1, now 2, and its step does not say \
         how its output is carried over: name a function with `migrate` in its `#[step(..)]`; no record was changed"
    );
}

#[test]
fn an_output_that_does_not_decode_any_more_is_found() {
    assert_eq!(
        mismatch!(other_output),
        "evolving/add: the record does not fit the code: its recorded output no longer decodes: \
         invalid type: string \"x\", expected u64 at line 1 column 3; no record was changed"
    );
}

#[test]
fn a_changed_question_is_found() {
    assert_eq!(
        mismatch!(other_question),
        "evolving/reply: the record does not fit the code: \
         the type of its reply changed since it was asked; no record was changed"
    );
}

#[test]
fn recorded_nodes_that_are_gone_are_found_before_anything_runs() {
    let gone = "the record does not fit the code: the pipeline no longer has a node of this name; no record was changed";
    assert_eq!(mismatch!(renamed), format!("evolving/add: {gone}"));
    assert_eq!(mismatch!(question_gone), format!("evolving/reply: {gone}"));
    assert_eq!(
        mismatch!(other_output_beside_what_is_new),
        "evolving/add: the record does not fit the code: its recorded output no longer decodes: \
         invalid type: string \"x\", expected u64 at line 1 column 3; no record was changed"
    );
}

/// A run that failed before a deployment, and the code after it.
mod failing {
    use flujo::prelude::*;
    use flujo_tests::world::*;
    pipeline! {
        #[pipeline(name = "fails")]
        pub fn fails(text: String, ctx: &mut State, world: &World) -> String {
            let text = add(text);
            broken(text)
        }
    }
}
mod failing_renamed {
    use flujo::prelude::*;
    use flujo_tests::world::*;
    pipeline! {
        #[pipeline(name = "fails")]
        pub fn fails(text: String, ctx: &mut State, world: &World) -> String {
            let text = add(text).named("added");
            broken(text)
        }
    }
}

#[test]
fn a_failed_run_that_does_not_fit_stays_as_it_failed() {
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        drop(flujo.run(failing::fails("x".into())).id("r").await);
        let before = flujo.inspect("r").await.unwrap();
        let said = flujo.resume::<failing_renamed::fails>("r").await.unwrap().into_output().unwrap_err();
        assert!(matches!(said.signal(), Some(Signal::JournalMismatch(_))), "{said}");
        let after = flujo.inspect("r").await.unwrap();
        assert!(matches!(after.status, Status::Ended(_)));
        assert_eq!((after.status, after.records), (before.status, before.records));
        assert_eq!(after.forgiven, []);
        assert_eq!(calls.len(), 2);
    });
}

#[test]
fn an_inserted_node_just_runs() {
    on_all(async |engine, _| {
        let (flujo, calls) = paused_before(&engine).await;
        let result = flujo.resume::<inserted::evolving>("r").reply("!").await.unwrap();
        assert_eq!(calls.of("evolving/add"), 1);
        assert_eq!(calls.of("evolving/new"), 1);
        assert_eq!(result.into_output().unwrap(), "x!");
    });
}
