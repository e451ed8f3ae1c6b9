//! The handle of a server: it connects when it is used, and again once the connection was lost.

use crate::answer::Answer;
use crate::config::Config;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::listing;
use flujo::StepError;
use flujo::codec::Json;
use flujo::model::{ToolServer, ToolSpec};
use rmcp::model::{CallToolRequest, CallToolRequestParams, ClientRequest};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::fmt;
use std::sync::Arc;
use tokio::sync::Mutex;
use tokio::time::timeout;

/// A server of tools that speaks MCP, as a process or by HTTP.
///
/// It is cheap to clone, and all clones share one connection. That is opened at the first use, and opened again at the next use
/// once it was lost. The process of a server ends when the last clone is dropped.
///
/// It is a [`ToolServer`], which a model's step offers with `tools = [mcp(Docs)]`, and [`call_as`](Self::call_as) makes a
/// tool a typed step. The type of a resource is a newtype: see [`server!`](crate::server).
///
/// ```no_run
/// use flujo_mcp::McpServer;
///
/// # fn main() -> Result<(), flujo::Error> {
/// let files = McpServer::stdio("files", "npx", ["-y", "@modelcontextprotocol/server-filesystem", "/data"]).build()?;
/// let docs = McpServer::http("docs", "https://docs.example.com/mcp").header("authorization", "Bearer ..").build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct McpServer(Arc<Shared>);

struct Shared {
    config: Arc<Config>,
    connection: Mutex<Option<Arc<Connection>>>,
}

impl McpServer {
    pub(crate) fn new(config: Config) -> Self {
        Self(Arc::new(Shared { config: Arc::new(config), connection: Mutex::new(None) }))
    }

    /// Connects now, and not at the first use: a program that cannot do without the server finds out when it starts.
    ///
    /// ```no_run
    /// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
    /// let docs = flujo_mcp::McpServer::http("docs", "http://localhost:8080/mcp").build()?;
    /// docs.connect().await.map_err(|error| error.to_string())?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The server cannot be started or reached, or does not speak MCP.
    pub async fn connect(&self) -> Result<(), StepError> {
        self.connection().await.map(drop).map_err(|failure| self.error(failure, None))
    }

    /// Calls a tool with arguments of a type, and reads its answer as a type.
    ///
    /// `arguments` are written as a JSON object; `&()` is none. The answer is the `structuredContent` of the tool, or else its text
    /// as JSON. A `String` is the text as it is.
    ///
    /// A step that calls it has retries, a timeout and a record of its own:
    ///
    /// ```
    /// use flujo::prelude::*;
    /// use serde::{Deserialize, Serialize};
    ///
    /// flujo_mcp::server!(
    ///     /// Our handbook.
    ///     pub struct Docs
    /// );
    ///
    /// #[derive(Clone, Debug, Serialize, Deserialize)]
    /// struct Page {
    ///     title: String,
    /// }
    ///
    /// #[derive(Serialize)]
    /// struct Query {
    ///     query: String,
    /// }
    ///
    /// #[resources]
    /// struct App {
    ///     docs: Docs,
    /// }
    ///
    /// #[step(retries = 2, timeout = "30s")]
    /// async fn search(query: String, docs: &Docs) -> Result<Vec<Page>> {
    ///     docs.call_as("search", &Query { query }).await
    /// }
    ///
    /// pipeline! {
    ///     fn look_up(query: String, app: &App) -> Vec<Page> {
    ///         search(query)
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// The server cannot be reached or does not answer in time, which may be tried again; the tool is unknown, refuses the arguments or
    /// fails, or its answer does not fit `T`, which is not.
    pub async fn call_as<T>(
        &self,
        tool: &str,
        arguments: &(impl Serialize + Sync + ?Sized),
    ) -> Result<T, StepError>
    where
        T: DeserializeOwned + 'static,
    {
        let value = match serde_json::to_value(arguments) {
            Ok(Value::Object(arguments)) => self.answer(tool, arguments).await.and_then(Answer::into_value),
            Ok(Value::Null) => self.answer(tool, Map::new()).await.and_then(Answer::into_value),
            Ok(_) => Err(no_object()),
            Err(error) => Err(Failure::lasting(format!("the arguments are not written: {error}"))),
        };
        value.map_err(|failure| self.error(failure, Some(tool)))
    }

    /// Returns a connection, within the time to connect.
    async fn connection(&self) -> Result<Arc<Connection>, Failure> {
        let config = &self.0.config;
        let connecting = async {
            let mut known = self.0.connection.lock().await;
            if let Some(connection) = &*known
                && connection.is_usable(config.bounds.call).await
            {
                return Ok(Arc::clone(connection));
            }
            // The old process is told to end.
            *known = None;
            let connection = Arc::new(Connection::open(config).await?);
            *known = Some(Arc::clone(&connection));
            Ok(connection)
        };
        // Others that wait for the same connection do not wait longer. Beyond its own time, opening is not interrupted here:
        // it knows more of what went wrong.
        let limit = config.bounds.connect.saturating_mul(2);
        timeout(limit, Box::pin(connecting)).await.unwrap_or_else(|_| {
            Err(Failure::passing(format!("no connection in {limit:?}: others were waiting for it too")))
        })
    }

    async fn answer(&self, tool: &str, arguments: Map<String, Value>) -> Result<Answer, Failure> {
        let connection = self.connection().await?;
        let params = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        let request = ClientRequest::CallToolRequest(CallToolRequest::new(params));
        Answer::of(&connection.request(request, self.0.config.bounds.call).await?)
    }

    async fn list(&self) -> Result<Vec<ToolSpec>, Failure> {
        let connection = self.connection().await?;
        listing::tools(&connection, &self.0.config.bounds).await
    }

    fn error(&self, failure: Failure, tool: Option<&str>) -> StepError {
        failure.into_error(&self.0.config.name, tool, &self.0.config.secrets)
    }
}

fn no_object() -> Failure {
    Failure::lasting("the arguments are no JSON object")
}

#[flujo::async_trait]
impl ToolServer for McpServer {
    fn name(&self) -> &str {
        &self.0.config.name
    }

    async fn tools(&self) -> Result<Vec<ToolSpec>, StepError> {
        self.list().await.map_err(|failure| self.error(failure, None))
    }

    async fn call(&self, tool: &str, arguments: &Json) -> Result<String, StepError> {
        let text = match arguments.decode::<Value>() {
            Ok(Value::Object(arguments)) => self.answer(tool, arguments).await.map(Answer::into_text),
            _ => Err(no_object()),
        };
        text.map_err(|failure| self.error(failure, Some(tool)))
    }
}

impl fmt::Debug for McpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("McpServer").field(&self.0.config).finish()
    }
}
