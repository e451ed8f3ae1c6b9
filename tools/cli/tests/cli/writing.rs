//! A file that another process is writing.

use crate::support::{Folder, letters};
use std::process::Stdio;

#[test]
fn a_file_can_be_read_and_changed_while_another_process_writes_it() {
    let folder = Folder::with_runs();
    let items = format!("[{:?}]", (0..200).collect::<Vec<u32>>());
    let mut command = folder.command(&letters());
    let words = ["start", "queue", "--input", &items, "--id", "q-1", "--wait"];
    let mut writer = command.args(words).stdout(Stdio::piped()).spawn().unwrap();
    let (mut looks, mut running, mut last) = (0, 0, 0);
    while writer.try_wait().unwrap().is_none() {
        assert_eq!(folder.flujo(&["list", "--json"]).code, Some(0));
        let shown = folder.flujo(&["show", "q-1", "--json"]);
        if shown.code == Some(3) {
            // It has not begun.
            continue;
        }
        let shown = shown.json();
        let nodes = shown["nodes"].as_array().unwrap().len();
        assert!(nodes >= last, "{nodes} nodes after {last}");
        running += usize::from(shown["state"] == "running");
        (looks, last) = (looks + 1, nodes);
        assert_eq!(folder.flujo(&["usage", "--json"]).code, Some(0));
        if looks == 1 {
            let replied = folder.flujo(&["reply", "l-1", "letter/agreed", "true"]);
            assert_eq!(replied.code, Some(0), "{replied:?}");
        }
    }
    assert!(writer.wait().unwrap().success());
    assert!(looks > 2 && running > 0, "{looks} looks, {running} of them at a running run");
    let shown = folder.flujo(&["show", "q-1", "--json"]).json();
    assert_eq!((&shown["state"], &shown["output"]), (&"done".into(), &200.into()));
}

#[test]
fn a_run_is_watched_while_another_process_works_on_it() {
    let folder = Folder::new();
    let items = format!("[{:?}]", (0..50).collect::<Vec<u32>>());
    let mut command = folder.command(&letters());
    let words = ["start", "queue", "--input", &items, "--id", "q-1", "--wait"];
    let mut writer = command.args(words).stdout(Stdio::null()).spawn().unwrap();
    while folder.flujo(&["show", "q-1"]).code != Some(0) {}
    let watched = folder.flujo(&["watch", "q-1", "--every", "20", "--json"]);
    assert!(writer.wait().unwrap().success());
    assert_eq!(watched.code, Some(0), "{watched:?}");
    let events: Vec<serde_json::Value> =
        watched.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let carried = events.iter().filter(|event| event["attempt"]["kind"] == "step").count();
    assert_eq!(carried, 50, "each attempt once");
    assert_eq!(
        events.last().unwrap(),
        &serde_json::json!({ "event": "state", "state": "done", "failure": null })
    );
    let states =
        events.iter().filter(|event| event["event"] == "state" && event["state"] == "running").count();
    assert_eq!(states, 1);
}
