//! Inputs, filters and pages.

use crate::support::{Folder, NOW, Said, letters};
use serde_json::json;
use std::io::Write;
use std::process::Stdio;

#[test]
fn an_input_is_a_list_an_object_or_the_one_value() {
    let folder = Folder::new();
    std::fs::write(folder.path().join("input.json"), "{\"times\": 1, \"name\": \"Bob\"}").unwrap();
    let cases: &[(&str, &str, &str)] = &[
        ("note", "[\"Bob\", 1]", "[\"Bob\",1]"),
        ("note", "{\"times\": 1, \"name\": \"Bob\"}", "[\"Bob\",1]"),
        ("note", "@input.json", "[\"Bob\",1]"),
        ("letter", "\"Ada\"", "[\"Ada\"]"),
        ("letter", "[\"Ada\"]", "[\"Ada\"]"),
        ("letter", "{\"name\":\"Ada\"}", "[\"Ada\"]"),
        ("queue", "[[]]", "[[]]"),
        ("queue", "{\"items\":[]}", "[[]]"),
    ];
    for (i, (pipeline, input, recorded)) in cases.iter().enumerate() {
        let id = format!("r-{i}");
        let said = folder.letters(&["start", pipeline, "--input", input, "--id", &id, "--wait"]);
        assert_eq!(said.code, Some(0), "{input}: {said:?}");
        let shown = folder.flujo(&["show", &id, "--json"]).json();
        assert_eq!(shown["input"].to_string(), *recorded, "{input}");
    }
}

#[test]
fn an_input_comes_from_a_pipe() {
    let folder = Folder::new();
    let words = ["start", "note", "--input", "-", "--id", "n", "--wait", "--json"];
    let mut command = folder.command(&letters());
    let command = command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    process.stdin.take().unwrap().write_all(b"{\"name\":\"Bob\",\"times\":1}\n").unwrap();
    let said = Said::of(&process.wait_with_output().unwrap());
    assert_eq!(said.json(), json!({ "id": "n", "state": "done", "output": "sent: Dear Bob, L." }));
}

#[test]
fn a_value_that_is_no_json_gets_a_hint() {
    let folder = Folder::new();
    let said = folder.letters(&["start", "letter", "--input", "Ada"]);
    let err = "error: the input is no JSON: expected value at line 1 column 1; text has quotes: '\"Ada\"'\n";
    assert_eq!(said, Said { code: Some(2), out: String::new(), err: err.to_owned() });
}

#[test]
fn a_second_start_with_an_id_changes_nothing() {
    let folder = Folder::with_runs();
    let said = folder.letters(&["start", "note", "--input", "[\"Bob\",2]", "--id", "n-1"]);
    assert_eq!((said.out.as_str(), said.code), ("n-1 is there already, and is done\n", Some(0)));
    let fresh = folder.letters(&["start", "note", "--input", "[\"Bob\",2]", "--json"]).json();
    let id = fresh["id"].as_str().unwrap();
    assert!(id.starts_with("note-") && id.len() == 21, "{id}");
}

#[test]
fn pages_go_on_where_the_one_before_ended() {
    let folder = Folder::with_runs();
    for order in ["id", "created", "changed"] {
        let all = folder.flujo(&["list", "--json", "--order", order]).json();
        let (mut paged, mut after) = (Vec::new(), None::<String>);
        loop {
            let mut words = vec!["list", "--json", "--order", order, "--limit", "1"];
            if let Some(after) = &after {
                words.extend(["--after", after]);
            }
            let page = folder.flujo(&words).json();
            paged.extend(page["runs"].as_array().unwrap().clone());
            match page["next"].as_str() {
                Some(next) => after = Some(next.to_owned()),
                None => break,
            }
        }
        assert_eq!(&paged, all["runs"].as_array().unwrap(), "{order}");
        assert_eq!(paged.len(), 3);
    }
}

#[test]
fn times_are_absolute_or_ago() {
    let folder = Folder::with_runs();
    let ids = |words: &[&str]| {
        let said = folder.letters(&[&["list", "--json", "--order", "id"], words].concat()).json();
        said["runs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|run| run["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let all = ["l-1", "l-2", "n-1"];
    assert_eq!(NOW, "1795995066");
    assert_eq!(ids(&["--created-since", "1s"]), all);
    assert_eq!(
        ids(&["--created-since", "2026-11-29T23:31:06Z", "--created-until", "2026-11-29T23:31:07Z"]),
        all
    );
    assert_eq!(ids(&["--created-since", "2026-11-30T00:31:07+01:00"]), Vec::<String>::new());
    assert_eq!(ids(&["--created-until", "2026-11-29T23:31:06Z"]), Vec::<String>::new());
    assert_eq!(ids(&["--changed-since", "2026-11-29", "--changed-until", "2026-11-30"]), all);
    assert_eq!(ids(&["--text", "L-", "--state", "paused", "--label", "tenant=acme"]), ["l-1"]);
}
