//! The graph as text: DOT and JSON to the letter, hostile names, and what a run left behind.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that goes wrong panics"
)]

mod reports;

use flujo::engine::Memory;
use flujo::prelude::*;
use flujo_testing::PausedClock;
use std::sync::Arc;
use std::time::Duration;

/// Cleans it.
#[step(retries = 1, backoff = none, timeout = "20s")]
async fn clean(text: String, run: &RunInfo) -> Result<String> {
    if run.attempt() == 1 && text.len() > 1 { Err(StepError::retryable("again")) } else { Ok(text) }
}

#[step]
async fn send(text: String) -> Result<String> {
    if text == "bad" { Err(StepError::fatal("refused")) } else { Ok(text) }
}

pipeline! {
    fn inner(text: String) -> String {
        wait(Duration::from_millis(1500));
        send(text)
    }
}

pipeline! {
    /// Three ways.
    fn ways(text: String) -> String {
        let text = clean(text);
        let text = match text.as_str() {
            "ask" => {
                let reply: String = ask("What?");
                value(reply)
            }
            "\"\\quoted\\<b>#1" => fail("odd"),
            "plain" => value("p".to_owned()),
            _ => inner(text),
        };
        send(text)
    }
}

async fn ran(text: &str) -> PipelineResult<String, ()> {
    let flujo =
        Flujo::builder().engine(Memory::with_clock(Arc::new(PausedClock::default()))).build().unwrap();
    flujo.run(ways(text.to_owned())).await
}

fn drawn(text: &str) -> [String; 3] {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let result = runtime.block_on(ran(text));
    let drawing = ways::GRAPH.with_run(&result);
    [drawing.mermaid(), drawing.dot(), drawing.json()]
}

/// What stands between the quotes of every string in DOT text, read back: an error if a string is not closed.
fn strings(dot: &str) -> Vec<String> {
    let (mut found, mut inside, mut chars) = (Vec::new(), None::<String>, dot.chars());
    while let Some(c) = chars.next() {
        match (&mut inside, c) {
            (None, '"') => inside = Some(String::new()),
            (Some(_), '"') => found.extend(inside.take()),
            (Some(text), '\\') => text.push(match chars.next().unwrap() {
                'n' => '\n',
                c @ ('"' | '\\') => c,
                c => panic!("an escape that nobody wrote: {c}"),
            }),
            (Some(_), '\n') => panic!("a string that is not closed"),
            (Some(text), c) => text.push(c),
            (None, _) => {}
        }
    }
    assert!(inside.is_none());
    found
}

const HOSTILE: &str = r#""\"\\quoted\\<b>#1""#;

#[test]
fn dot_shows_nested_pipelines_as_clusters() {
    assert_eq!(
        ways::GRAPH.dot(),
        r#"digraph "ways" {
    node [shape=box];
    n_in [label="text: String", shape=oval];
    n0 [label="clean", shape=box];
    n1 [label="match text.as_str()", shape=diamond];
    n2 [label="reply", shape=parallelogram];
    n3 [label="fail", shape=cds];
    subgraph cluster_n4 {
        label="inner";
        n4__in [label="text: String", shape=oval];
        n4_0 [label="wait", shape=circle];
        n4_1 [label="send", shape=box];
        n4__out [label="String", shape=oval];
        n4__in -> n4_0;
        n4_0 -> n4_1;
        n4_1 -> n4__out;
    }
    n5 [label="send", shape=box];
    n_out [label="String", shape=oval];
    n_in -> n0;
    n0 -> n1;
    n1 -> n2 [label="\"ask\""];
    n1 -> n3 [label="\"\\\"\\\\quoted\\\\<b>#1\""];
    n1 -> n4__in [label="_"];
    n2 -> n5;
    n1 -> n5 [label="\"plain\""];
    n4__out -> n5;
    n5 -> n_out;
}
"#
    );
}

#[test]
fn names_that_would_break_the_text_are_read_back_as_they_were() {
    let label = ways::GRAPH.edges[3].label;
    assert_eq!(label, HOSTILE);
    assert!(strings(&ways::GRAPH.dot()).contains(&label.to_owned()));
    let json: serde_json::Value = serde_json::from_str(&ways::GRAPH.json()).unwrap();
    assert_eq!(json["edges"][3]["label"], label);
    let mermaid = ways::GRAPH.mermaid();
    let line = mermaid.lines().find(|line| line.contains("quoted")).unwrap();
    assert_eq!(line, "    n1 -->|\"#quot;\\#quot;\\\\quoted\\\\#lt;b>#35;1#quot;\"| n3");
}

#[test]
fn json_holds_everything_the_graph_does() {
    let text = ways::GRAPH.json();
    assert_eq!(text, ways::GRAPH.json());
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&json["schema"], &json["name"], &json["doc"]),
        (&1.into(), &"ways".into(), &"Three ways.".into())
    );
    assert_eq!(json["fingerprint"], format!("{:032x}", ways::FINGERPRINT));
    let nodes = json["nodes"].as_array().unwrap();
    let kinds: Vec<_> = nodes.iter().map(|node| node["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["step", "branch", "ask", "fail", "pipeline", "step"]);
    assert_eq!(nodes[0]["step"]["options"]["timeout"], "20s");
    assert_eq!(nodes[0]["step"]["inputs"][0], serde_json::json!({ "name": "text", "type": "String" }));
    assert_eq!((&nodes[1]["step"], &nodes[1]["graph"]), (&serde_json::Value::Null, &serde_json::Value::Null));
    assert_eq!(nodes[4]["graph"]["nodes"][1]["id"], "send");
    assert_eq!(json["edges"][0], serde_json::json!({ "from": null, "to": 0, "label": "" }));
    // Nothing of a run where there was none.
    assert!(nodes[0].get("run").is_none() && nodes[0].get("taken").is_none());
}

/// The lines of a drawing that say what the run did.
fn styles(mermaid: &str) -> Vec<&str> {
    let said = |line: &&str| line.starts_with("class ") || line.starts_with("linkStyle");
    mermaid.lines().map(str::trim).filter(said).collect()
}

#[test]
fn a_finished_run_is_drawn_with_its_times_and_its_path() {
    let [mermaid, dot, json] = drawn("xx");
    assert!(mermaid.contains("    n0[\"clean<br/>0µs, 2 attempts\"]\n"), "{mermaid}");
    assert_eq!(
        styles(&mermaid),
        [
            "class n0,n1,n4_0,n4_1,n4,n5 done",
            "class n2,n3 idle",
            "linkStyle 0,1,2,3,4,7,10,11 stroke:#1a7f37,stroke-width:3px"
        ]
    );
    assert!(
        dot.contains(
            "    n0 [label=\"clean\\n0µs, 2 attempts\", shape=box, color=\"#1a7f37\", penwidth=2];\n"
        )
    );
    assert!(dot.contains("    n1 -> n4__in [label=\"_\", color=\"#1a7f37\", penwidth=3];\n"), "{dot}");
    assert!(dot.contains("    n1 -> n5 [label=\"\\\"plain\\\"\", color=gray];\n"), "{dot}");
    assert!(strings(&dot).contains(&"clean\n0µs, 2 attempts".to_owned()));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let run = serde_json::json!({
        "standing": "done", "runs": 1, "attempts": 2, "latency_nanos": 0, "cost_nanos": 0, "tokens": 0
    });
    assert_eq!(json["nodes"][0]["run"], run);
    assert_eq!(
        (&json["nodes"][2]["run"], &json["nodes"][2]["taken"]),
        (&serde_json::Value::Null, &false.into())
    );
    assert_eq!((&json["edges"][4]["taken"], &json["edges"][6]["taken"]), (&true.into(), &false.into()));
}

#[test]
fn an_arm_without_a_step_is_taken_where_no_other_was() {
    let expected = [
        "class n0,n1,n5 done",
        "class n2,n3,n4_0,n4_1,n4 idle",
        "linkStyle 3,4,9,11 stroke:#1a7f37,stroke-width:3px",
    ];
    assert_eq!(styles(&drawn("plain")[0]), expected);
}

#[test]
fn paused_and_failed_runs_are_drawn_up_to_where_they_stand() {
    let [mermaid, ..] = drawn("ask");
    assert!(mermaid.contains("n2[/\"reply<br/>waiting\"/]"), "{mermaid}");
    let expected = [
        "class n0,n1 done",
        "class n3,n4_0,n4_1,n4,n5 idle",
        "class n2 waiting",
        "linkStyle 3,4,5 stroke:#1a7f37,stroke-width:3px",
    ];
    assert_eq!(styles(&mermaid), expected);

    let [mermaid, ..] = drawn("bad");
    let expected = [
        "class n0,n1,n4_0 done",
        "class n4_1,n4 failed",
        "class n2,n3,n5 idle",
        "linkStyle 0,1,3,4,7 stroke:#1a7f37,stroke-width:3px",
    ];
    assert_eq!(styles(&mermaid), expected);

    // `fail(..)` leaves no record, but the run says where it ended.
    let [mermaid, ..] = drawn("\"\\quoted\\<b>#1");
    let expected = [
        "class n0,n1,n3 done",
        "class n2,n4_0,n4_1,n4,n5 idle",
        "linkStyle 3,4,6 stroke:#1a7f37,stroke-width:3px",
    ];
    assert_eq!(styles(&mermaid), expected);
}
