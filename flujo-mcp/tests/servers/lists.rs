//! Lists of tools that are no lists of tools.

use crate::stdio_fake::fake;
use crate::{soon, told};
use flujo::model::ToolServer as _;
use std::time::Duration;

async fn refused(mode: &str) -> (String, bool) {
    let server =
        fake(mode).max_tools(200).max_list(4_000).call_timeout(Duration::from_secs(5)).build().unwrap();
    soon(async { told(server.tools().await) }).await
}

#[tokio::test]
async fn a_list_of_several_pages_is_read_to_its_end() {
    let server = fake("pages").build().unwrap();
    let names: Vec<_> = soon(server.tools()).await.unwrap().into_iter().map(|tool| tool.name).collect();
    assert_eq!(names, ["a", "b", "c"]);
}

#[tokio::test]
async fn a_tool_is_what_the_server_says_of_it() {
    let server = fake("plain").build().unwrap();
    let tools = soon(server.tools()).await.unwrap();
    assert_eq!(tools.len(), 1);
    assert_eq!((tools[0].name.as_str(), tools[0].description.as_str()), ("echo", "Says it again."));
    let schema = r#"{"properties":{"text":{"type":"string"}},"type":"object"}"#;
    assert_eq!(tools[0].schema.as_str(), schema);
}

#[tokio::test]
async fn a_list_that_changes_is_never_taken_from_a_cache() {
    let server = fake("changing").build().unwrap();
    for n in 1..=3 {
        assert_eq!(soon(server.tools()).await.unwrap().len(), n);
    }
}

#[tokio::test]
async fn a_list_that_is_wrong_is_refused_with_the_place() {
    for (mode, what) in [
        ("twice", "two tools are named `a`"),
        ("name-number", "the name of tool 2 is no string"),
        ("name-long", "the name of tool 1 has 5000 characters, not 1 to 128"),
        ("name-blank", r#"the name of tool 1 has blanks or control characters: "a\nb""#),
        ("schema-list", "the `inputSchema` of the tool `a` is no schema of an object"),
        ("schema-text", "the `inputSchema` of the tool `a` is no schema of an object"),
        ("tools-number", "`tools` is no list"),
        ("cursor-number", "`nextCursor` is no string"),
        ("cursor-same", "two pages have the same `nextCursor`"),
        ("endless", "it has more than 100 pages"),
        ("many", "it has more than 200 tools; `.max_tools(..)` allows more"),
        ("big", "it has more than 4000 bytes; `.max_list(..)` allows more"),
    ] {
        let expected = format!("MCP server `fake`: its list of tools is refused: {what}");
        assert_eq!(refused(mode).await, (expected, false), "{mode}");
    }
}

#[tokio::test]
async fn a_list_that_does_not_come_is_not_waited_for() {
    let server = fake("mute-list").call_timeout(Duration::from_millis(300)).build().unwrap();
    let expected =
        "MCP server `fake`: no answer in 300ms; what takes longer needs a longer `.call_timeout(..)`";
    assert_eq!(soon(async { told(server.tools().await) }).await, (expected.to_owned(), true));
}

#[tokio::test]
async fn all_pages_together_have_the_time_of_one_call() {
    let server = fake("slow-pages").call_timeout(Duration::from_millis(700)).build().unwrap();
    let started = std::time::Instant::now();
    let (error, retryable) = soon(async { told(server.tools().await) }).await;
    assert!(error.contains("no answer in") && retryable, "{error}");
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
}
