//! What is said where a feature was left out; with all features there is nothing to say.
#![allow(clippy::unwrap_used, reason = "a test that goes wrong panics")]
#![cfg_attr(
    all(feature = "remote", feature = "server", feature = "sqlite"),
    allow(dead_code, unused_imports, reason = "nothing is left out")
)]

use flujo::prelude::*;
use flujo_cli::{Cli, Console, Exit};

#[step]
async fn greet(name: String) -> Result<String> {
    Ok(format!("Hello, {name}!"))
}

pipeline! {
    fn welcome(name: String) -> String { greet(name) }
}

async fn said(words: &[&str]) -> (Exit, String, String) {
    let cli = Cli::new(Flujo::builder().pipeline::<welcome>().build().unwrap());
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let words = ["app"].iter().chain(words);
    let exit = cli.run_from(words, Console::new(std::io::empty(), &mut out, &mut err)).await;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (exit, text(out), text(err))
}

#[tokio::test]
async fn everything_else_works() {
    let (exit, out, _) = said(&["start", "welcome", "--input", "\"Ada\"", "--id", "r-1", "--wait"]).await;
    assert_eq!((exit, out.as_str()), (Exit::Ok, "r-1 is done: \"Hello, Ada!\"\n"));
    let (exit, out, _) = said(&["graph", "welcome"]).await;
    assert!(exit == Exit::Ok && out.starts_with("flowchart TD"), "{out}");
}

#[cfg(not(feature = "server"))]
#[tokio::test]
async fn without_a_server_it_says_so() {
    let next = "build with it: `cargo add flujo-cli --features server`\n";
    let (exit, _, err) = said(&["serve"]).await;
    let expected = format!("error: `serve` needs the feature `server` of `flujo-cli`\n{next}");
    assert_eq!((exit, err), (Exit::Usage, expected));
    let (exit, _, err) = said(&["graph", "welcome", "--format", "svg"]).await;
    let expected = format!("error: a drawing as SVG needs the feature `server` of `flujo-cli`\n{next}");
    assert_eq!((exit, err), (Exit::Usage, expected));
}

#[cfg(all(feature = "sqlite", not(feature = "remote")))]
#[tokio::test]
async fn without_a_client_it_says_so() {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let console = Console::new(std::io::empty(), &mut out, &mut err);
    let words = ["flujo", "--server", "http://127.0.0.1:1", "list"];
    assert_eq!(flujo_cli::run_installed(words, console).await, Exit::Usage);
    let expected = "error: `--server` needs the feature `remote` of `flujo-cli`\n\
                    build with it: `cargo add flujo-cli --features remote`\n";
    assert_eq!(String::from_utf8(err).unwrap(), expected);
}
