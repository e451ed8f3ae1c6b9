use super::ToolSpec;
use crate::codec::Json;
use crate::error::StepError;
use async_trait::async_trait;

/// A server of tools, for instance one that speaks MCP (`flujo_mcp::McpServer`): it says at run time which tools it has.
///
/// A model step offers all of them with `tools = [mcp(Docs)]`, where `Docs` is a resource that implements this trait. What the
/// server offers is recorded with the first reply of the model, so a tool that changes while a run is under way is found.
///
/// ```
/// use flujo::codec::Json;
/// use flujo::model::{ToolServer, ToolSpec};
/// use flujo::StepError;
///
/// struct Dice;
///
/// #[flujo::async_trait]
/// impl ToolServer for Dice {
///     fn name(&self) -> &str {
///         "dice"
///     }
///     async fn tools(&self) -> Result<Vec<ToolSpec>, StepError> {
///         Ok(vec![ToolSpec::new("roll", "Rolls a die.", Json::parse(r#"{"type":"object"}"#)?)])
///     }
///     async fn call(&self, _tool: &str, _arguments: &Json) -> Result<String, StepError> {
///         Ok("4".to_owned())
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no server of tools [not_a_tool_server]",
    label = "`mcp(..)` takes a resource that is one",
    note = "implement `flujo::model::ToolServer` for `{Self}`, or declare it with `flujo_mcp::server!`"
)]
#[async_trait]
pub trait ToolServer: Send + Sync + 'static {
    /// Returns the name of the server in errors.
    fn name(&self) -> &str;

    /// Returns the tools that the server offers now.
    ///
    /// # Errors
    /// The server cannot be reached, or its answer makes no sense.
    async fn tools(&self) -> Result<Vec<ToolSpec>, StepError>;

    /// Calls a tool with a JSON object of arguments; returns what the model is given.
    ///
    /// # Errors
    /// The server cannot be reached, or the tool failed. A retryable error may be tried again.
    async fn call(&self, tool: &str, arguments: &Json) -> Result<String, StepError>;
}

macro_rules! delegates {
    ($($pointer:ty),+) => { $(
        #[diagnostic::do_not_recommend]
        #[async_trait]
        impl<T: ToolServer + ?Sized> ToolServer for $pointer {
            fn name(&self) -> &str {
                (**self).name()
            }
            async fn tools(&self) -> Result<Vec<ToolSpec>, StepError> {
                (**self).tools().await
            }
            async fn call(&self, tool: &str, arguments: &Json) -> Result<String, StepError> {
                (**self).call(tool, arguments).await
            }
        }
    )+ };
}
// A server that is chosen at run time.
delegates!(std::sync::Arc<T>, Box<T>);
