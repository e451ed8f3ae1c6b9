//! Ids, labels, messages and values that try to control the terminal.

use crate::support::{Folder, Said};
use flujo::codec::Json;
use flujo::engine::Labels;
use flujo::prelude::*;
use flujo::run::{Control, StartRun};
use flujo_sqlite::{Sqlite, Synchronous};

/// Clears the screen, sets the title, turns the direction of text, ends lines, and hides itself.
const EVIL: &str = "a\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}b\r\nc\0\u{9b}1m\u{200b}\u{feff}\u{7f}";

#[step]
async fn echo(text: String) -> Result<String> {
    Ok(text)
}

#[step]
async fn refuse(text: String) -> Result<String> {
    Err(StepError::fatal(text))
}

pipeline! {
    fn asking(text: String) -> String {
        let same = echo(text);
        let reply: String = ask("\u{1b}[8mReally?\r\nYes.\u{202e}").showing(&same);
        reply
    }
}

pipeline! {
    fn refusing(text: String) -> String { refuse(text) }
}

/// A database with evil runs; their ids cannot be given to a process where they hold a zero.
async fn evil() -> Folder {
    let folder = Folder::new();
    let engine = Sqlite::builder(folder.db()).synchronous(Synchronous::Off).open().unwrap();
    let flujo = Flujo::builder().engine(engine).pipeline::<asking>().pipeline::<refusing>().build().unwrap();
    let control: &dyn Control = &flujo;
    let mut labels = Labels::default();
    // Labels have no control characters, and may have the others.
    labels.set("tenant\u{202e}", "\u{200b}acme\u{2066}").unwrap();
    for (pipeline, id) in [("asking", EVIL), ("asking", "r-1"), ("refusing", "r-2")] {
        let input = Json::encode(&(EVIL,)).unwrap();
        let run = StartRun::new(pipeline, id, input).labels(labels.clone()).by(EVIL);
        control.start(&run).await.unwrap();
        control.attach(&id.into()).await.unwrap();
    }
    folder
}

fn is_tame(text: &str) {
    let wild = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    assert!(!text.contains(wild), "{text:?}");
}

#[tokio::test]
async fn nothing_that_is_printed_controls_the_terminal() {
    let folder = evil().await;
    let commands: &[&[&str]] = &[
        &["list"],
        &["questions"],
        &["show", "r-1"],
        &["show", "r-1", "--node", "asking/echo", "--messages"],
        &["show", "r-2"],
        &["show", "r-2", "--node", "refusing/refuse"],
        &["watch", "r-2"],
        &["watch", "r-1", "--until-asked"],
        &["usage", "--by", "pipeline"],
        &["export", "r-1"],
        &["show", "\u{1b}[2J\u{202e}"],
        &["list", "--state", "\u{1b}[2J"],
        &["reply", "r-1", "\u{1b}[2J", "true"],
        &["\u{1b}[2J"],
    ];
    for words in commands {
        for more in [&[][..], &["--json"]] {
            let said = folder.flujo(&[*words, more].concat());
            is_tame(&said.out);
            is_tame(&said.err);
        }
    }
}

#[tokio::test]
async fn what_is_escaped_is_still_there() {
    let folder = evil().await;
    let shown = "a\\u{1b}[2J\\u{1b}]0;owned\\u{7}\\u{202e}b\\r\\nc\\u{0}\\u{9b}1m\\u{200b}\\u{feff}\\u{7f}";
    let list = folder.flujo(&["list", "--order", "id"]).out;
    let first = list.lines().nth(1).unwrap();
    assert!(first.starts_with(&format!("{shown}  paused")), "{list}");
    assert!(list.contains("tenant\\u{202e}=\\u{200b}acme\\u{2066}"), "{list}");
    // One row for each run, whatever is in it.
    assert_eq!(list.lines().count(), 4, "{list}");
    let json = folder.flujo(&["list", "--order", "id", "--json"]).json();
    assert_eq!(json["runs"][0]["id"], EVIL);
    let questions = folder.flujo(&["questions", "r-1"]).out;
    let lines: Vec<_> = questions.lines().take(3).collect();
    assert_eq!(lines, ["r-1  asking/reply", "  \\u{1b}[8mReally?\\r", "  Yes.\\u{202e}"]);
    let unknown = folder.flujo(&["show", "\u{1b}]0;x\u{7}\n$ rm"]);
    let err = "error: there is no run `\\u{1b}]0;x\\u{7}\\n$ rm`; `list` shows the runs\n";
    assert_eq!(unknown, Said { code: Some(3), out: String::new(), err: err.to_owned() });
}
