//! Who changed what, labels, and what a worker goes on with.

use crate::support::{Folder, NOW};
use serde_json::{Value, json};
use std::time::Duration;

fn actions(folder: &Folder, id: &str) -> Vec<(Value, Value)> {
    let shown = folder.flujo(&["show", id, "--json"]).json();
    let actions = shown["actions"].as_array().unwrap().iter();
    actions.map(|action| (action["what"].clone(), action["by"].clone())).collect()
}

#[test]
fn every_change_has_the_name_of_its_caller() {
    let folder = Folder::with_runs();
    assert_eq!(actions(&folder, "n-1"), [(json!("started"), json!("ada"))]);
    folder.flujo(&["reply", "l-1", "letter/agreed", "true", "--by", "bob"]);
    folder.flujo(&["cancel", "l-1", "--by", "eve"]);
    let expected = [
        (json!("started"), json!("ada")),
        (json!({ "replied": "letter/agreed" }), json!("bob")),
        (json!("cancelled"), json!("eve")),
    ];
    // A person's clock is that of the machine, and the runs of these tests have another: order does not matter.
    let found = actions(&folder, "l-1");
    assert!(expected.iter().all(|action| found.contains(action)) && found.len() == 3, "{found:?}");
    folder.letters(&["retry", "l-2", "--by", "joe"]);
    assert!(actions(&folder, "l-2").contains(&(json!("retried"), json!("joe"))));
    folder.letters(&["fork", "n-1", "--from", "note/sign", "--id", "n-2", "--by", "kim", "--wait"]);
    assert_eq!(actions(&folder, "n-2"), [(json!({ "forked": "n-1" }), json!("kim"))]);
}

#[test]
fn a_second_reply_hears_who_replied_first_and_when() {
    let folder = Folder::with_runs();
    let reply = |value: &str| folder.letters(&["reply", "l-1", "letter/agreed", value, "--by", "bob"]);
    assert_eq!(reply("true").code, Some(0));
    let said = reply("false");
    let err = "error: the question of run `l-1` at `letter/agreed` was answered before by bob at 2026-11-29T23:31:06.000000000Z\n\
               that reply counts, and this one is not recorded\n";
    assert_eq!((said.code, said.err.as_str()), (Some(3), err));
}

#[test]
fn labels_are_set_at_start_and_checked() {
    let folder = Folder::new();
    let start = |labels: &[&str]| {
        let labels = labels.iter().flat_map(|label| ["--label", label]);
        let words =
            ["start", "note", "--input", "[\"Bob\",1]", "--id", "n", "--wait"].into_iter().chain(labels);
        folder.letters(&words.collect::<Vec<_>>())
    };
    let long = format!("{}=v", "n".repeat(65));
    let said = start(&[&long]);
    assert!(said.err.contains("has a name of 65 bytes, the most are 64"), "{said:?}");
    assert_eq!((said.code, folder.flujo(&["list"]).code), (Some(2), Some(3)), "{said:?}");
    assert_eq!(start(&["tenant=acme", "note=a=b", "empty="]).code, Some(0));
    let labels = folder.flujo(&["show", "n", "--json"]).json()["labels"].clone();
    assert_eq!(labels, json!({ "tenant": "acme", "note": "a=b", "empty": "" }));
}

#[test]
fn an_export_has_everything_and_overwrites_nothing() {
    let folder = Folder::with_runs();
    let printed = folder.flujo(&["export", "l-1"]);
    let export = printed.json();
    assert_eq!((&export["flujo_export"], &export["run"]["id"]), (&json!(1), &json!("l-1")));
    assert_eq!(export["records"].as_array().unwrap().len(), 2);
    assert_eq!(export["records"][1]["messages"][0]["model"], json!("test:writer"));
    let written = folder.flujo(&["export", "l-1", "--output", "l-1.json"]);
    assert_eq!(written.err, format!("wrote {} bytes to l-1.json\n", printed.out.len()));
    assert_eq!(std::fs::read_to_string(folder.path().join("l-1.json")).unwrap(), printed.out);
    let again = folder.flujo(&["export", "n-1", "--output", "l-1.json"]);
    let err = "error: `l-1.json` is there already, and is not overwritten: give another name\n";
    assert_eq!((again.code, again.err.as_str()), (Some(1), err));
    assert_eq!(std::fs::read_to_string(folder.path().join("l-1.json")).unwrap(), printed.out);
}

#[test]
fn old_runs_are_deleted_and_counted() {
    let folder = Folder::with_runs();
    let young = folder.letters(&["prune", "--older-than", "1s"]);
    assert_eq!(young.out, "deleted 0 runs that ended before 2026-11-29 23:31:05 UTC\n");
    let mut later = folder.command(&crate::support::letters());
    let later = later.env("LETTERS_NOW", (NOW.parse::<u64>().unwrap() + 86_400).to_string());
    let said = later.args(["prune", "--older-than", "23h", "--json"]).output().unwrap();
    let answer = "{\"deleted\":2,\"before\":\"2026-11-30T00:31:06.000000000Z\"}\n";
    assert_eq!(String::from_utf8(said.stdout).unwrap(), answer);
    assert_eq!(folder.flujo(&["list", "--json"]).json()["runs"].as_array().unwrap().len(), 1);
}

/// A reply by the binary without code, and a process that goes on with the run.
#[test]
fn a_worker_goes_on_where_a_reply_arrived() {
    let folder = Folder::with_runs();
    assert_eq!(folder.flujo(&["reply", "l-1", "letter/agreed", "true"]).code, Some(0));
    let note = folder.flujo(&["list", "--state", "paused"]).out;
    assert!(note.ends_with("replied; a worker goes on with it\n"), "{note}");
    let mut worker = folder.command(&crate::support::letters()).arg("worker").spawn().unwrap();
    let watched = folder.flujo(&["watch", "l-1", "--every", "20"]);
    assert_eq!((watched.code, watched.out.lines().last()), (Some(0), Some("the run is done")));
    worker.kill().unwrap();
    worker.wait().unwrap();
    // The process is gone for longer than it takes to see that.
    std::thread::sleep(Duration::from_millis(10));
    let shown = folder.flujo(&["show", "l-1", "--json"]).json();
    assert_eq!(shown["output"], json!("sent: Dear Ada, Yours, L."));
}
