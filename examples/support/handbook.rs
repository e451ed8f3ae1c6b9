//! The handbook: an MCP server, or a few lines in this process that offer what such a server would.

use flujo::codec::Json;
use flujo::model::{ToolServer, ToolSpec};
use flujo::prelude::*;
use std::error::Error;

/// Whichever of the two it is. `mcp(Handbook)` finds it among the resources by its type.
pub(crate) struct Handbook(Box<dyn ToolServer>);

#[flujo::async_trait]
impl ToolServer for Handbook {
    fn name(&self) -> &str {
        self.0.name()
    }
    async fn tools(&self) -> Result<Vec<ToolSpec>> {
        self.0.tools().await
    }
    async fn call(&self, tool: &str, arguments: &Json) -> Result<String> {
        self.0.call(tool, arguments).await
    }
}

impl Handbook {
    /// The server that this command starts; without one, that in this process.
    pub(crate) fn open(command: &[String]) -> std::result::Result<Self, Box<dyn Error>> {
        match command {
            [] => Ok(Self(Box::new(Shelf))),
            #[cfg(feature = "mcp")]
            [program, args @ ..] => {
                Ok(Self(Box::new(flujo_mcp::McpServer::stdio("handbook", program, args).build()?)))
            }
            #[cfg(not(feature = "mcp"))]
            [..] => Err("to start an MCP server, run this with `--features mcp`".into()),
        }
    }
}

struct Shelf;

#[flujo::async_trait]
impl ToolServer for Shelf {
    fn name(&self) -> &'static str {
        "handbook"
    }
    async fn tools(&self) -> Result<Vec<ToolSpec>> {
        let query = Json::parse(
            r#"{"type":"object","properties":{"query":{"type":"string"}},"required":["query"]}"#,
        )?;
        let rewrite = ToolSpec::new("rewrite", "Rewrites a page.", query.clone());
        Ok(vec![ToolSpec::new("search", "Searches the handbook.", query), rewrite])
    }
    async fn call(&self, _: &str, _: &Json) -> Result<String> {
        Ok("Goods that arrive damaged are refunded in full, and need not be sent back.".to_owned())
    }
}
