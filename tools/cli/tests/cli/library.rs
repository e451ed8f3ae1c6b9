//! The command line within a process: colours, widths and names that the caller sets.

use flujo::prelude::*;
use flujo_cli::{Cli, Console, Exit};
use flujo_testing::PausedClock;
use std::sync::Arc;

#[step]
async fn greet(name: String) -> Result<String> {
    Ok(format!("Hello, {name}!"))
}

pipeline! {
    fn welcome(name: String) -> String { greet(name) }
}

async fn said(
    cli: &Cli,
    words: &[&str],
    console: impl FnOnce(Console<'_>) -> Console<'_>,
) -> (Exit, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let words = ["app"].iter().chain(words);
    let exit = cli.run_from(words, console(Console::new(std::io::empty(), &mut out, &mut err))).await;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (exit, text(out), text(err))
}

#[tokio::test]
async fn a_caller_sets_what_a_process_looks_up() {
    let clock = PausedClock::at(flujo::clock::Timestamp(1_795_995_066_000_000_000));
    let flujo = Flujo::builder().clock(Arc::new(clock.clone())).pipeline::<welcome>().build().unwrap();
    let cli = Cli::new(flujo);
    let start = ["start", "welcome", "--input", "\"Ada\"", "--id", "r-1", "--wait"];
    let (exit, out, _) = said(&cli, &start, |console| console.user("ops").colours(true)).await;
    assert_eq!((exit, out.as_str()), (Exit::Ok, "\u{1b}[32mr-1 is done: \"Hello, Ada!\"\u{1b}[0m\n"));
    let (_, out, _) = said(&cli, &["show", "r-1", "--json"], |console| console).await;
    assert!(out.contains("\"by\":\"ops\""), "{out}");
    let (_, out, _) =
        said(&cli, &["list", "--created-since", "1h"], |console| console.clock(clock).width(12)).await;
    assert_eq!(out, "run  state\nr-1  done\n");
    let (exit, _, err) = said(&cli, &["show", "r-2"], |console| console.colours(true)).await;
    assert_eq!(exit, Exit::Nothing);
    assert_eq!(err, "\u{1b}[31merror:\u{1b}[0m there is no run `r-2`; `list` shows the runs\n");
    assert_eq!((exit.code(), Exit::Interrupted.code()), (3, 130));
}

#[tokio::test]
async fn a_binary_without_pipelines_says_so() {
    let cli = Cli::new(Flujo::builder().build().unwrap());
    let (exit, out, err) = said(&cli, &["pipelines"], |console| console).await;
    let expected = "no pipeline is registered: call `.pipeline::<..>()` on the builder\n";
    assert_eq!((exit, out.as_str(), err.as_str()), (Exit::Nothing, "", expected));
    let (exit, _, err) = said(&cli, &["start", "welcome"], |console| console).await;
    let expected =
        "error: there is no pipeline `welcome`: this binary has none; register it with `.pipeline::<..>()`\n";
    assert_eq!((exit, err.as_str()), (Exit::Nothing, expected));
}
