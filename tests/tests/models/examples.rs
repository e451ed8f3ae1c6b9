//! The examples, answered by a model: which one is named on the command line, and where it is stands in the settings of
//! the folder. The server here is the tests' own.

use crate::server::{Sent, Server, json};
use crate::wires::*;
use flujo_models::Wire;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder with settings, gone with the test.
struct Folder(PathBuf);
impl Folder {
    fn new(name: &str, url: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("flujo-example-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let settings = format!("[providers.openai]\nurl = \"{url}\"\n");
        std::fs::write(folder.join("flujo.toml"), settings).unwrap();
        Self(folder)
    }
}
impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn example(folder: &Folder, name: &str, key: Option<&str>, args: &[&str]) -> Output {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/Cargo.toml");
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(&folder.0).env_remove("OPENAI_API_KEY").args(["run", "--quiet", "--locked"]);
    command.arg("--manifest-path").arg(manifest).args(["--features", "models", "--example", name, "--"]);
    if let Some(key) = key {
        command.env("OPENAI_API_KEY", key);
    }
    command.args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The text of one turn of what was asked.
fn asked(sent: &Sent, turn: usize) -> String {
    sent.body
        .pointer(&format!("/messages/{turn}/content"))
        .and_then(|text| text.as_str())
        .unwrap_or_default()
        .into()
}

fn server(answer_to: impl Fn(&Sent) -> String + Send + Sync + 'static) -> Server {
    Server::answering(move |sent| json(200, "", &answer(Wire::OpenAiChat, &answer_to(sent))))
}

fn all_were_asked_for(server: &Server, calls: usize) {
    let sent = server.sent();
    assert_eq!(sent.len(), calls);
    for sent in sent {
        assert_eq!(
            (sent.path.as_str(), sent.body["model"].as_str()),
            ("/v1/chat/completions", Some("gpt-4o-mini"))
        );
        assert!(sent.head.to_lowercase().contains(&format!("authorization: bearer {KEY}")), "{}", sent.head);
    }
}

#[test]
fn moderation_asks_the_model_that_is_named() {
    let server = server(|_| r#"{"tone":"hostile","confidence":0.91,"looks":1}"#.to_owned());
    let folder = Folder::new("moderation", &format!("{}v1", server.url));
    let post = r#"{"id":1,"author":"@ann","reputation":0.5,"text":"Lovely weather."}"#;
    std::fs::write(folder.0.join("posts.jsonl"), post).unwrap();
    let args = ["posts.jsonl", "--plain", "--model", "openai:gpt-4o-mini"];
    let done = example(&folder, "moderation", Some(KEY), &args);
    assert!(done.status.success(), "{}", text(&done.stderr));
    let shown = text(&done.stdout);
    let first = "The posts are sent to openai:gpt-4o-mini, at the prices of genai-prices ";
    assert!(shown.starts_with(first), "{shown}");
    // The list of words finds this post friendly.
    assert!(shown.contains("openai:gpt-4o-mini answered: hostile, 0.91 sure\n"), "{shown}");
    assert!(shown.contains("= rejected, sounds hostile: $"), "{shown}");
    assert!(shown.contains("\n1 model calls: $"), "{shown}");
    all_were_asked_for(&server, 1);

    let refused = example(&folder, "moderation", None, &args);
    assert!(!refused.status.success());
    let said = text(&refused.stderr);
    assert!(said.contains("no key for `openai`: set `OPENAI_API_KEY`"), "{said}");
    assert_eq!(server.sent().len(), 1);
}

#[test]
fn research_asks_the_model_that_is_named() {
    let server = server(|sent| {
        let (rules, told) = (asked(sent, 0), asked(sent, 1));
        let answer = if rules.starts_with("Name") {
            r#"{"answer":["spring tides","tides"]}"#
        } else if rules.starts_with("Accept") && told.starts_with("Long") {
            r#"{"answer":"Accept"}"#
        } else if rules.starts_with("Accept") {
            r#"{"answer":{"Revise":"longer"}}"#
        } else if asked(sent, 2).ends_with("longer") {
            "Long enough."
        } else {
            "Short."
        };
        answer.to_owned()
    });
    let folder = Folder::new("research", &format!("{}v1", server.url));
    let done = example(&folder, "research", Some(KEY), &["openai:gpt-4o-mini"]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    let expected = "\
research/chosen: Which of these are worth it?
research/plan                  done
research/found[0]/look_up      done
research/found[1]/look_up      done
research/summarise             done
research/count_words           done
research/write#1               done
research/criticise#1           done
research/write#2               done
research/criticise#2           done
openai:gpt-4o-mini answered 5 times, 55 tokens
sources: spring tides, tides
Long enough.
";
    assert_eq!(text(&done.stdout), expected);
    all_were_asked_for(&server, 5);

    let refused = example(&folder, "research", None, &["openai:gpt-4o-mini"]);
    assert!(!refused.status.success());
    assert!(text(&refused.stderr).contains("OPENAI_API_KEY"), "{}", text(&refused.stderr));
}
