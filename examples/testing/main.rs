//! Testing: a small workflow, and what its own tests look like.
//!
//! `cargo test -p flujo-examples --example testing`; run, it prints one letter.
#![allow(clippy::print_stdout, reason = "it tells a story")]

use flujo::prelude::*;

#[context]
#[derive(Debug, Default, PartialEq)]
struct Desk {
    #[context(part, merge = append)]
    notes: Vec<String>,
}

/// What it would take a model to find out.
#[step(retries = 2, timeout = "30s")]
async fn understand(letter: String) -> Result<String> {
    Ok(letter.split_whitespace().last().unwrap_or("nothing").trim_end_matches('?').to_owned())
}

#[step]
async fn file(wish: String, notes: &mut Vec<String>) -> Result<String> {
    notes.push(format!("wants {wish}"));
    Ok(wish)
}

pipeline! {
    /// Answers a letter; somebody looks at the answer first.
    fn answer(letter: String, ctx: &mut Desk) -> String {
        let wish = understand(letter) >> file;
        let fine: bool = ask("May they have it?").showing(&wish);
        if fine { format!("Here is your {wish}.") } else { fail(format!("no {wish} today")) }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::result::Result<(), flujo::Error> {
    let flujo = Flujo::builder().build()?;
    flujo.run(answer("May I have a umbrella?".to_owned())).id("letter").await;
    println!("{}", flujo.resume::<answer>("letter").reply(true).await?.into_output()?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use flujo::engine::Memory;
    use flujo::events::Event;
    use flujo::path::Path;
    use flujo::{Error, StepResult};
    use flujo_testing::{
        Crash, EventLog, Moment, PausedClock, Replies, StubAgent, assert_context, assert_paths,
    };
    use std::sync::Arc;
    use std::time::Duration;

    fn letter() -> String {
        "May I have a lamp?".to_owned()
    }

    #[tokio::test]
    async fn a_step_alone() -> Result<(), Error> {
        assert_eq!(understand(letter()).run(&mut (), &()).await?, "lamp");
        Ok(())
    }

    #[tokio::test]
    async fn a_person_who_agrees() -> Result<(), Error> {
        let flujo = Flujo::builder().build()?;
        let mut people = Replies::new().reply("answer/fine", true).by("the boss");
        let result = people.run(&flujo, "letter", answer(letter())).await?;
        assert_paths(&result, ["answer/understand", "answer/file"]);
        assert_context(&result, &Desk { notes: vec!["wants lamp".to_owned()] });
        assert_eq!(result.into_output()?, "Here is your lamp.");
        Ok(())
    }

    #[tokio::test]
    async fn what_fails_once_is_tried_again() -> Result<(), Error> {
        let stub = StubAgent::<understand>::scripted([
            Err(StepError::retryable("the line is busy")),
            Ok("bell".to_owned()),
        ]);
        let log = EventLog::new();
        let memory = Memory::with_clock(Arc::new(PausedClock::default()));
        let flujo = Flujo::builder().engine(memory).stub(&stub).observer(log.clone()).build()?;
        let result =
            Replies::new().reply("answer/fine", true).run(&flujo, "letter", answer(letter())).await?;
        assert_eq!(result.step("answer/understand").map(StepResult::attempts), Some(2));
        assert_eq!(stub.calls().len(), 2);
        let words =
            log.events().iter().map(|event| event.kind.word()).filter(|word| *word == "retried").count();
        assert_eq!(words, 1);
        Ok(())
    }

    #[tokio::test]
    async fn what_takes_too_long_fails_without_anybody_waiting() -> Result<(), Error> {
        let clock = PausedClock::default();
        let slow = StubAgent::<understand>::new(["a", "b", "c"].map(str::to_owned))
            .after(clock.clone(), Duration::from_secs(31));
        let flujo = Flujo::builder().engine(Memory::with_clock(Arc::new(clock))).stub(&slow).build()?;
        let result = flujo.run(answer(letter())).await;
        let Outcome::Failed(error) = &result.outcome else { panic!("{result:?}") };
        assert_eq!(error.path().map(Path::as_str), Some("answer/understand"));
        assert_eq!(slow.calls().len(), 3, "one attempt and two more");
        Ok(())
    }

    #[tokio::test]
    async fn a_process_that_dies_loses_nothing() -> Result<(), Error> {
        let memory = Arc::new(Memory::new());
        let dying = Flujo::builder().engine(Crash::new(Arc::clone(&memory), 1, Moment::After)).build()?;
        drop(dying.run(answer(letter())).id("letter").await);

        let log = EventLog::new();
        let next = Flujo::builder().engine(memory).observer(log.clone()).build()?;
        let mut people = Replies::new().reply("answer/fine", false);
        let result = people.resume::<answer, _>(&next, "letter").await?;
        assert_eq!(
            result.into_output().map_err(|error| error.to_string()),
            Err("answer: no lamp today".into())
        );
        let understood = |event: &Event| event.path == *"answer/understand";
        let words: Vec<_> = log.events().iter().filter(|e| understood(e)).map(|e| e.kind.word()).collect();
        assert!(!words.contains(&"attempt_started"), "what was finished is not run again: {words:?}");
        Ok(())
    }
}
