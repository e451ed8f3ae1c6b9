//! A server of tools, and steps with several models.

use crate::world::Label;
use flujo::codec::Json;
use flujo::model::{ToolServer, ToolSpec};
use flujo::prelude::*;

/// Offers two tools, which say what they were called with.
#[derive(Debug)]
pub struct Library;

#[flujo::async_trait]
impl ToolServer for Library {
    fn name(&self) -> &'static str {
        "library"
    }
    async fn tools(&self) -> Result<Vec<ToolSpec>> {
        let schema = r#"{"type":"object","properties":{"q":{"type":"string"}},"required":["q"]}"#;
        let schema = Json::parse(schema)?;
        Ok(["search", "fetch"].map(|name| ToolSpec::new(name, "Looks up.", schema.clone())).into())
    }
    async fn call(&self, tool: &str, arguments: &Json) -> Result<String> {
        // Beside others.
        tokio::task::yield_now().await;
        Ok(format!("{tool} {}", arguments.as_str()))
    }
}

/// Asks a person before it fetches.
#[step(
    model = "test:small",
    max_tokens = 50,
    retries = 1,
    backoff = none,
    tools = [mcp(Library).ask_first_if(|tool, _| tool == "fetch").retries(1)]
)]
pub fn advised(topic: String) -> Prompt<Label> {
    Prompt::system("Ask the library.").user(topic)
}

/// The first of its models is down.
#[step(models = ["test:down", "test:small"], max_tokens = 50, retries = 1, backoff = none, reasoning_effort = "low", seed = 3)]
pub fn choosy(topic: String) -> Prompt<Label> {
    Prompt::system("Choose.").cache_here().user(topic)
}
