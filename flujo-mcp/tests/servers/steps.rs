//! Tools as steps: each call is a record of its own, with the retries and the timeout of the step.

use crate::stdio_fake::fake;
use flujo::engine::Memory;
use flujo::model::ToolServer as _;
use flujo::prelude::*;
use flujo_mcp::{ServerBuilder, Stdio};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

flujo_mcp::server!(
    /// Our handbook.
    pub(crate) struct Docs
);
// A second one beside it.
flujo_mcp::server! { struct Files; }

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Page {
    title: String,
}

static ATTEMPTS: AtomicUsize = AtomicUsize::new(0);

#[resources]
struct App {
    docs: Docs,
    files: Files,
}

#[step(retries = 2, backoff = "1ms")]
async fn search(title: String, docs: &Docs) -> Result<Page> {
    ATTEMPTS.fetch_add(1, Ordering::Relaxed);
    docs.call_as("search", &Page { title }).await
}

#[step]
async fn save(page: Page, files: &Files) -> Result<String> {
    files.call_as("save", &page).await
}

pipeline! {
    fn keep(title: String, app: &App) -> String {
        let page = search(title);
        save(page)
    }
}

async fn kept(docs: ServerBuilder<Stdio>) -> Result<String, flujo::Error> {
    let app = App { docs: docs.build()?.into(), files: fake("plain").build()?.into() };
    let flujo = Flujo::builder().resources(app).engine(Memory::new()).build()?;
    crate::soon(flujo.run(keep("a".to_owned()))).await.into_output()
}

#[tokio::test]
async fn a_tool_is_a_typed_step_with_retries() {
    assert_eq!(kept(fake("structured")).await.unwrap(), r#"{"title":"a"}"#);
    assert_eq!(ATTEMPTS.swap(0, Ordering::Relaxed), 1);

    // A server that is busy is tried again, one that refuses is not.
    let error = kept(fake("busy")).await.unwrap_err().to_string();
    let expected = "MCP server `fake`, tool `search`: the server answers with the error -32603: busy";
    assert!(error.contains(expected), "{error}");
    assert_eq!(ATTEMPTS.swap(0, Ordering::Relaxed), 3);
    let error = kept(fake("fails")).await.unwrap_err().to_string();
    assert!(error.contains("MCP server `fake`, tool `search`: the tool failed: no such file"), "{error}");
    assert_eq!(ATTEMPTS.swap(0, Ordering::Relaxed), 1);
    kept(fake("mute-call").call_timeout(Duration::from_millis(50))).await.unwrap_err();
    assert_eq!(ATTEMPTS.swap(0, Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_newtype_is_a_server_of_tools() {
    let docs = Docs::from(fake("plain").build().unwrap());
    assert_eq!(flujo::model::ToolServer::name(&docs), "fake");
    assert_eq!(crate::soon(docs.clone().tools()).await.unwrap().len(), 1);
    assert_eq!(crate::soon(docs.call("echo", &crate::json("{}"))).await.unwrap(), "{}");
    assert!(format!("{docs:?}").starts_with("Docs(McpServer("));
}
