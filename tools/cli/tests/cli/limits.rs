//! A run that its own limit has ended, and one that has not ended, on the command line.

use crate::library::said;
use flujo::model::{ModelReply, Prices, Rates, Script, Tokens};
use flujo::prelude::*;
use flujo_cli::{Cli, Exit};

#[step(model = "test:small", max_tokens = 50)]
fn summarise(text: String) -> Prompt<String> {
    Prompt::ask(text)
}

pipeline! {
    fn edition(texts: Vec<String>) -> Vec<String> {
        map(texts, |text| summarise(text)).concurrency(1).named("all")
    }
}

pipeline! {
    fn agreed(text: String) -> String {
        let go_on: bool = ask(text.clone());
        format!("{text} {go_on}")
    }
}

fn prices() -> Prices {
    Prices::new().model("test:small", Rates::usd("1", "2").unwrap())
}

/// The command within the note that a command prints: what is between backquotes.
fn noted(err: &str) -> Vec<String> {
    let command = err.split('`').nth(1).unwrap();
    command.split(' ').map(|word| word.trim_matches('\'').to_owned()).collect()
}

#[tokio::test]
async fn a_run_that_its_own_limit_ended_is_told_the_fork_that_goes_on() {
    let script = Script::new().otherwise(|_| ModelReply::new("short").used(Tokens::new(20, 5)));
    let flujo = Flujo::builder().models(script).prices(prices()).pipeline::<edition>().build().unwrap();
    let cli = Cli::new(flujo);
    let start =
        ["start", "edition", "--input", "[[\"a\",\"b\"]]", "--id", "e-1", "--wait", "--limit", "calls=1"];
    let (exit, _, err) = said(&cli, &start, |console| console).await;
    assert_eq!(exit, Exit::Failed);
    let note = "its limit stays as it was; a fork with a larger one goes on where it failed: \
                `app fork e-1 --from 'edition/all[1]/summarise' --limit calls=2`\n";
    assert_eq!(err, note);
    let (_, _, again) = said(&cli, &["retry", "e-1"], |console| console).await;
    assert_eq!(again, note);
    // The command as it is printed.
    let printed = noted(&err);
    let mut words: Vec<&str> = printed.iter().skip(1).map(String::as_str).collect();
    words.extend(["--id", "e-2", "--wait"]);
    let (exit, out, err) = said(&cli, &words, |console| console).await;
    assert_eq!((exit, out.as_str()), (Exit::Ok, "e-2 is done: [\"short\",\"short\"]\n"));
    let keys = "e-2 has idempotency keys of its own: what steps from edition/all[1]/summarise on do outside is done \
                again\n";
    assert_eq!(err, keys);
    let (_, out, _) = said(&cli, &["usage", "--by", "model"], |console| console).await;
    assert!(out.contains("test:small      2 "), "each item is paid once: {out}");

    // Money is written as it is read.
    let start =
        ["start", "edition", "--input", "[[\"a\"]]", "--id", "e-3", "--wait", "--limit", "usd=0.00001"];
    let (_, _, err) = said(&cli, &start, |console| console).await;
    let printed = noted(&err);
    assert_eq!(printed[..5], ["app", "fork", "e-3", "--from", "edition/all[0]/summarise"]);
    let mut words: Vec<&str> = printed.iter().skip(1).map(String::as_str).collect();
    words.extend(["--id", "e-4", "--wait"]);
    let (exit, out, _) = said(&cli, &words, |console| console).await;
    assert_eq!((exit, out.as_str()), (Exit::Ok, "e-4 is done: [\"short\"]\n"));
    // What has no limit of its own is retried, as ever; and a limit that cannot be read is refused.
    let (exit, _, err) =
        said(&cli, &["fork", "e-4", "--from", "x", "--limit", "eur=1"], |console| console).await;
    assert_eq!(exit, Exit::Usage);
    assert!(err.contains("give usd=0.50, tokens=50000, calls=20 or time=90s"), "{err}");
}

#[tokio::test]
async fn a_fork_of_a_run_that_has_not_ended_says_so() {
    let cli = Cli::new(Flujo::builder().pipeline::<agreed>().build().unwrap());
    let start = ["start", "agreed", "--input", "\"x\"", "--id", "a-1", "--wait"];
    assert_eq!(said(&cli, &start, |console| console).await.0, Exit::Ok);
    let (exit, _, err) = said(&cli, &["fork", "a-1", "--from", "agreed/go_on"], |console| console).await;
    let expected = "error: run `a-1` has not ended: only an ended run can be forked\n";
    assert_eq!((exit, err.as_str()), (Exit::Failed, expected));
}
