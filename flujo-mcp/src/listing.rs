//! The list of tools of a server, with nothing in it taken on trust.

use crate::config::Bounds;
use crate::connection::Connection;
use crate::failure::Failure;
use flujo::codec::Json;
use flujo::model::ToolSpec;
use rmcp::model::{ClientRequest, ListToolsRequest, PaginatedRequestParams, ServerResult};
use serde_json::Value;
use std::collections::HashSet;
use tokio::time::Instant;

/// The maximum number of pages.
const MOST_PAGES: usize = 100;

/// The maximum length of a name, which is that of the protocol.
const LONGEST_NAME: usize = 128;

/// Asks for all pages of the list.
///
/// # Errors
/// The server does not answer, or its list breaks a bound or the protocol.
pub(crate) async fn tools(connection: &Connection, bounds: &Bounds) -> Result<Vec<ToolSpec>, Failure> {
    let mut list = List { bounds, tools: Vec::new(), names: HashSet::new(), bytes: 0 };
    let (mut cursors, mut cursor) = (HashSet::new(), None::<String>);
    // One time for all pages: each of them may be quick, and there be no end of them.
    let end = Instant::now() + bounds.call;
    for _ in 0..MOST_PAGES {
        let mut request = ListToolsRequest::default();
        let mut params = PaginatedRequestParams::default();
        params.cursor.clone_from(&cursor);
        request.params = Some(params);
        let left = end.saturating_duration_since(Instant::now());
        let left = if cursor.is_none() { bounds.call } else { left };
        let answer = connection.request(ClientRequest::ListToolsRequest(request), left).await?;
        let page = value(&answer)?;
        list.take(&page)?;
        cursor = match page.get("nextCursor") {
            None | Some(Value::Null) => return Ok(list.tools),
            Some(Value::String(next)) => Some(next.clone()),
            Some(_) => return Err(wrong("`nextCursor` is no string")),
        };
        if !cursors.insert(cursor.clone()) {
            return Err(wrong("two pages have the same `nextCursor`"));
        }
    }
    Err(wrong(&format!("it has more than {MOST_PAGES} pages")))
}

/// Returns an answer as the server wrote it: what the SDK cannot read is kept by it as it is.
pub(crate) fn value(answer: &ServerResult) -> Result<Value, Failure> {
    serde_json::to_value(answer)
        .map_err(|error| Failure::lasting(format!("the answer is unreadable: {error}")))
}

fn wrong(what: &str) -> Failure {
    Failure::lasting(format!("its list of tools is refused: {what}"))
}

/// The tools of the pages so far.
struct List<'l> {
    bounds: &'l Bounds,
    tools: Vec<ToolSpec>,
    names: HashSet<String>,
    bytes: usize,
}

impl List<'_> {
    fn take(&mut self, page: &Value) -> Result<(), Failure> {
        let Some(tools) = page.get("tools").and_then(Value::as_array) else {
            return Err(wrong("`tools` is no list"));
        };
        for tool in tools {
            self.take_tool(tool)?;
        }
        Ok(())
    }

    fn take_tool(&mut self, tool: &Value) -> Result<(), Failure> {
        let number = self.tools.len() + 1;
        if number > self.bounds.tools {
            let text = format!("it has more than {} tools; `.max_tools(..)` allows more", self.bounds.tools);
            return Err(wrong(&text));
        }
        let Some(name) = tool.get("name").and_then(Value::as_str) else {
            return Err(wrong(&format!("the name of tool {number} is no string")));
        };
        let length = name.chars().count();
        if length == 0 || length > LONGEST_NAME {
            let text = format!("the name of tool {number} has {length} characters, not 1 to {LONGEST_NAME}");
            return Err(wrong(&text));
        }
        if name.chars().any(|letter| letter.is_control() || letter.is_whitespace()) {
            return Err(wrong(&format!(
                "the name of tool {number} has blanks or control characters: {name:?}"
            )));
        }
        if !self.names.insert(name.to_owned()) {
            return Err(wrong(&format!("two tools are named `{name}`")));
        }
        let schema = match tool.get("inputSchema") {
            Some(schema @ Value::Object(object)) if is_object(object.get("type")) => schema,
            _ => {
                return Err(wrong(&format!(
                    "the `inputSchema` of the tool `{name}` is no schema of an object"
                )));
            }
        };
        let schema = Json::encode(schema)
            .map_err(|error| wrong(&format!("the `inputSchema` of the tool `{name}`: {error}")))?;
        let text = |key| tool.get(key).and_then(Value::as_str);
        let description = text("description").or_else(|| text("title")).unwrap_or_default();
        self.bytes = self.bytes.saturating_add(name.len() + description.len() + schema.as_str().len());
        if self.bytes > self.bounds.list {
            let text = format!("it has more than {} bytes; `.max_list(..)` allows more", self.bounds.list);
            return Err(wrong(&text));
        }
        self.tools.push(ToolSpec::new(name, description, schema));
        Ok(())
    }
}

/// Arguments are an object, also where the schema does not say so.
fn is_object(kind: Option<&Value>) -> bool {
    kind.is_none_or(|kind| kind == "object")
}
