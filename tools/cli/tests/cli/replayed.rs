//! What is printed of a run that other code began.

use crate::library::said;
use flujo::clock::Clock;
use flujo::engine::Memory;
use flujo::prelude::*;
use flujo_cli::{Cli, Console, Exit};
use std::sync::Arc;
use std::time::Duration;

mod before {
    use flujo::prelude::*;
    pipeline! {
        pub fn payment(cents: u64) -> bool {
            let agreed: bool = ask(format!("Pay {cents}?"));
            agreed
        }
    }
}

mod inserted {
    use flujo::prelude::*;
    #[step]
    async fn check(cents: u64) -> Result<u64> {
        Ok(cents)
    }
    pipeline! {
        pub fn payment(cents: u64) -> bool {
            let cents = check(cents);
            let agreed: bool = ask(format!("Pay {cents}?"));
            agreed
        }
    }
}

mod reworded {
    use flujo::prelude::*;
    pipeline! {
        pub fn payment(cents: u64) -> bool {
            let agreed: bool = ask(format!("Shall we pay {cents}?"));
            agreed
        }
    }
}

mod renamed {
    use flujo::prelude::*;
    pipeline! {
        pub fn payment(cents: u64) -> bool {
            let approved: bool = ask(format!("Pay {cents}?"));
            approved
        }
    }
}

#[tokio::test]
async fn a_replay_says_how_far_it_came() {
    let storage = Arc::new(Memory::new());
    let builder = || Flujo::builder().engine(storage.clone());
    let old = builder().pipeline::<before::payment>().build().unwrap();
    drop(old.run(before::payment(12)).id("p-1").await);
    let replay = async |flujo: Flujo, more: &[&str]| {
        let words = [&["replay", "p-1"], more].concat();
        said(&Cli::new(flujo), &words, |console| console).await
    };

    let (exit, out, err) = replay(old, &[]).await;
    assert_eq!((exit, out.as_str(), err.as_str()), (Exit::Ok, "p-1 fits this code: 0 records\n", ""));

    let inserted = builder().pipeline::<inserted::payment>().build().unwrap();
    let (exit, out, err) = replay(inserted.clone(), &[]).await;
    assert_eq!(exit, Exit::Ok);
    assert_eq!(out, "p-1 fits this code up to what is new: payment/check\n");
    assert_eq!(err, "compared only when the run goes on: payment/agreed\n");
    let (_, out, _) = replay(inserted, &["--json"]).await;
    assert_eq!(
        out,
        r#"{"id":"p-1","fits":true,"mismatch":null,"ended_at":["payment/check"],"not_compared":["payment/agreed"]}"#
            .to_owned()
            + "\n"
    );

    let reworded = builder().pipeline::<reworded::payment>().build().unwrap();
    let (exit, out, err) = replay(reworded, &[]).await;
    assert_eq!(exit, Exit::Findings);
    assert_eq!(
        out,
        "p-1 does not fit this code: payment/agreed: its message or the value it shows changed since it was asked\n"
    );
    assert_eq!(err, "nothing was changed; the run goes on with the code that it knows\n");
}

const GONE: &str = "the pipeline no longer has a node of this name";
const REWORDED: &str = "its message or the value it shows changed since it was asked";
const UNCHANGED: &str = "nothing was changed; the run goes on with the code that it knows";

/// A run that waits, and builds of other code.
async fn waiting() -> (flujo_testing::PausedClock, Flujo, [(Cli, &'static str); 2]) {
    let clock = flujo_testing::PausedClock::default();
    let storage = Arc::new(Memory::with_clock(Arc::new(clock.clone())));
    let builder = || Flujo::builder().engine(Arc::clone(&storage));
    let old = builder().pipeline::<before::payment>().build().unwrap();
    drop(old.run(before::payment(12)).id("p-1").await);
    let renamed = Cli::new(builder().pipeline::<renamed::payment>().build().unwrap());
    let reworded = Cli::new(builder().pipeline::<reworded::payment>().build().unwrap());
    (clock, old, [(renamed, GONE), (reworded, REWORDED)])
}

#[tokio::test]
async fn each_command_says_that_a_run_does_not_fit() {
    let (_, old, [(new, _), _]) = waiting().await;
    let say = async |words: &[&str]| said(&new, words, |console| console).await;
    let does_not = format!("does not fit this code: payment/agreed: {GONE}");

    let (exit, out, err) = say(&["show", "p-1"]).await;
    let stopped: Vec<_> = out.lines().filter(|line| line.starts_with("stopped")).collect();
    assert_eq!((exit, stopped), (Exit::Ok, vec![format!("stopped    {does_not}").as_str()]));
    assert_eq!(err, format!("{UNCHANGED}\n"));
    // In a list, once it would go on.
    let note = async |cli: &Cli, words: &[&str]| {
        let (_, out, _) = said(cli, words, |console| console).await;
        out.lines()
            .nth(1)
            .unwrap()
            .split_once("payment  ")
            .unwrap()
            .1
            .split_once("  ")
            .unwrap()
            .1
            .trim()
            .to_owned()
    };
    assert_eq!(note(&new, &["list"]).await, "1 open question");
    let (_, _, err) = say(&["reply", "p-1", "payment/agreed", "true"]).await;
    assert_eq!(err, format!("p-1 {does_not}; {UNCHANGED}\n"));
    assert_eq!(note(&new, &["list"]).await, does_not);
    let (exit, out, err) = say(&["start", "payment", "--input", "12", "--id", "p-1", "--wait"]).await;
    assert_eq!((exit, out), (Exit::Ok, format!("p-1 is paused: it {does_not}\n")));
    assert_eq!(err, format!("{UNCHANGED}\n"));

    // Documents have it as a value.
    let mismatch = serde_json::json!({ "path": "payment/agreed", "what": GONE });
    let json = async |words: &[&str]| {
        let (_, out, _) = say(&[words, &["--json"]].concat()).await;
        serde_json::from_str::<serde_json::Value>(&out).unwrap()
    };
    assert_eq!(json(&["show", "p-1"]).await["mismatch"], mismatch);
    assert_eq!(json(&["list"]).await["runs"][0]["mismatch"], mismatch);
    let start = json(&["start", "payment", "--input", "12", "--id", "p-1", "--wait"]).await;
    assert_eq!(start["mismatch"], mismatch);

    // The code that it knows says nothing of the kind.
    let old = Cli::new(old);
    let (_, out, err) = said(&old, &["show", "p-1"], |console| console).await;
    assert_eq!((out.contains("stopped"), err.as_str()), (false, ""));
    assert_eq!(note(&old, &["list"]).await, "replied; a worker goes on with it");
}

#[tokio::test]
async fn a_worker_says_once_that_a_run_does_not_fit() {
    for (words, note) in [
        (&["worker"][..], "working on runs; Ctrl-C ends it\n"),
        (&["serve", "--work", "--address", "127.0.0.1:0"], ""),
    ] {
        let (clock, old, builds) = waiting().await;
        said(&builds[0].0, &["reply", "p-1", "payment/agreed", "true"], |console| console).await;
        // The name is missed before something executes, and the message when it is asked again.
        for (new, why) in builds {
            let (mut out, mut err) = (Vec::new(), Vec::new());
            let console = Console::new(std::io::empty(), &mut out, &mut err);
            let working = new.run_from([&["app"], words].concat(), console);
            // It looks for runs each second, and its pauses move the clock.
            let until = clock.now().plus(Duration::from_secs(60));
            let minute = async {
                while clock.now() < until {
                    tokio::task::yield_now().await;
                }
            };
            tokio::select! {
                exit = working => panic!("{exit:?}"),
                () = minute => {}
            }
            let does_not = format!("does not fit this code: payment/agreed: {why}");
            assert_eq!(String::from_utf8(err).unwrap(), format!("{note}p-1 {does_not}; {UNCHANGED}\n"));
            let (_, list, _) = said(&new, &["list"], |console| console).await;
            assert!(list.ends_with(&format!("  {does_not}\n")), "{list}");
        }
        // It goes on with the code that it knows, which a list says.
        let view = flujo::run::Control::inspect(&old, &"p-1".into()).await.unwrap();
        assert_eq!((view.status, view.stopped), (flujo::engine::Status::Interrupted, None));
        assert_eq!(old.recover().await.unwrap().runs, [("p-1".into(), flujo::engine::RunState::Done)]);
    }
}
