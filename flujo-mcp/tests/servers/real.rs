//! Servers that nobody here wrote, of the versions in `tests/mcp`. Where one is not installed this says so, loudly;
//! `FLUJO_MCP=required` makes that a failure.

use crate::{json, soon, told};
use flujo::model::ToolServer as _;
use flujo_mcp::McpServer;
use serde::Deserialize;
use serde_json::json;
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

#[derive(Deserialize)]
struct Content {
    content: String,
}

#[derive(Deserialize)]
struct Weather {
    temperature: i32,
    conditions: String,
}

#[derive(Deserialize)]
struct Converted {
    time_difference: String,
}

/// Returns the place of what is installed.
fn installed(place: &Path, how: &str) -> Option<String> {
    if place.exists() {
        return Some(place.to_str().unwrap().to_owned());
    }
    let what = format!("{} is not installed: {how}", place.display());
    assert_ne!(std::env::var("FLUJO_MCP").as_deref(), Ok("required"), "{what}");
    let _ = writeln!(std::io::stderr(), "SKIPPED: {what}");
    None
}

fn of_npm(name: &str) -> Option<String> {
    let place = format!("tests/mcp/node_modules/@modelcontextprotocol/server-{name}/dist/index.js");
    installed(&Path::new(ROOT).join(place), "(cd tests/mcp && npm ci --ignore-scripts)")
}

/// The folder of `.ci/run mcp`, or the one that it names.
fn of_pypi(name: &str) -> Option<String> {
    let folder = std::env::var("FLUJO_MCP_VENV").unwrap_or_else(|_| format!("{ROOT}/target/mcp-venv"));
    installed(&Path::new(&folder).join("bin").join(name), ".ci/run mcp")
}

/// A folder that is gone with its test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("flujo-mcp-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder.canonicalize().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn files_are_written_read_and_kept_apart() {
    let Some(program) = of_npm("filesystem") else { return };
    let folder = Folder::new("files");
    let server = McpServer::stdio("files", "node", [program, folder.path("")]).build().unwrap();
    let tools = soon(server.tools()).await.unwrap();
    let read = tools.iter().find(|tool| tool.name == "read_text_file").unwrap();
    assert!(read.schema.as_str().contains(r#""required":["path"]"#), "{}", read.schema);

    let place = folder.path("a.txt");
    let text: String =
        server.call_as("write_file", &json!({"path": place, "content": "hé\n"})).await.unwrap();
    assert_eq!(text, format!("Successfully wrote to {place}"));
    assert_eq!(std::fs::read_to_string(&place).unwrap(), "hé\n");

    let read: Content = server.call_as("read_text_file", &json!({"path": place})).await.unwrap();
    assert_eq!(read.content, "hé\n");

    let (error, retryable) = told(server.call("read_text_file", &json(r#"{"path":"/etc/passwd"}"#)).await);
    let expected = "MCP server `files`, tool `read_text_file`: the tool failed: Access denied - path outside allowed directories";
    assert!(error.starts_with(expected) && !retryable, "{error}");
}

/// What the server with everything answers, however it is reached.
async fn everything(server: &McpServer) {
    assert!(soon(server.tools()).await.unwrap().len() >= 10);
    assert_eq!(soon(server.call("echo", &json(r#"{"message":"hi"}"#))).await.unwrap(), "Echo: hi");
    let image = soon(server.call("get-tiny-image", &json("{}"))).await.unwrap();
    assert!(image.contains("[image: image/png, about ") && image.len() < 300, "{image}");
    let reference = json(r#"{"resourceType":"Text","resourceId":1}"#);
    let reference = soon(server.call("get-resource-reference", &reference)).await.unwrap();
    assert!(reference.contains("[resource: demo://resource/dynamic/text/1]\nResource 1: "), "{reference}");

    let weather: Weather =
        server.call_as("get-structured-content", &json!({"location": "New York"})).await.unwrap();
    assert_eq!((weather.temperature, weather.conditions.as_str()), (33, "Cloudy"));

    let (error, retryable) = told(soon(server.call("echo", &json(r#"{"message":5}"#))).await);
    assert!(error.contains("expected string, received number") && !retryable, "{error}");
    let (error, retryable) = told(soon(server.call("no-such-tool", &json("{}"))).await);
    assert!(error.contains("no-such-tool not found") && !retryable, "{error}");

    // Progress is told meanwhile, and nobody asked for it.
    let long = json(r#"{"duration":1,"steps":4}"#);
    let long = soon(server.call("trigger-long-running-operation", &long)).await.unwrap();
    assert!(long.starts_with("Long running operation completed"), "{long}");
}

#[tokio::test]
async fn everything_by_the_standard_input() {
    let Some(program) = of_npm("everything") else { return };
    let server = McpServer::stdio("all", "node", [program, "stdio".to_owned()]).build().unwrap();
    everything(&server).await;
    let environment = soon(server.call("get-env", &json("{}"))).await.unwrap();
    assert!(environment.contains("PATH") && !environment.contains("CARGO_MANIFEST_DIR"), "{environment}");
    let long = json!({"duration": 60, "steps": 1});
    let hasty = server.call_as::<String>("trigger-long-running-operation", &long);
    assert!(tokio::time::timeout(Duration::from_millis(300), hasty).await.is_err());
    assert_eq!(soon(server.call("echo", &json(r#"{"message":"after"}"#))).await.unwrap(), "Echo: after");
}

/// A server that ends with its test.
struct Listening(Child);

impl Listening {
    fn start(program: &str, port: u16) -> Self {
        let mut command = Command::new("node");
        command.args([program, "streamableHttp"]).env("PORT", port.to_string());
        Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn connected(server: &McpServer) {
    while server.connect().await.is_err() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn everything_by_http_and_again_after_the_server_was_started_anew() {
    let Some(program) = of_npm("everything") else { return };
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = McpServer::http("all", format!("http://127.0.0.1:{port}/mcp")).build().unwrap();
    let listening = Listening::start(&program, port);
    soon(connected(&server)).await;
    everything(&server).await;

    drop(listening);
    let (error, retryable) = told(soon(server.call("echo", &json(r#"{"message":"hi"}"#))).await);
    assert!(error.contains("the server cannot be reached") && retryable, "{error}");
    let _listening = Listening::start(&program, port);
    soon(connected(&server)).await;
    assert_eq!(soon(server.call("echo", &json(r#"{"message":"back"}"#))).await.unwrap(), "Echo: back");
}

#[tokio::test]
async fn a_server_of_python_tells_the_time() {
    let Some(program) = of_pypi("mcp-server-time") else { return };
    let server = McpServer::stdio("time", program, ["--local-timezone", "UTC"]).build().unwrap();
    let times = json!({"source_timezone": "UTC", "time": "12:00", "target_timezone": "Asia/Tokyo"});
    let converted: Converted = soon(server.call_as("convert_time", &times)).await.unwrap();
    assert_eq!(converted.time_difference, "+9.0h");
    let (error, retryable) =
        told(soon(server.call("get_current_time", &json(r#"{"timezone":"Mars"}"#))).await);
    assert!(error.contains("No time zone found with key Mars") && !retryable, "{error}");
}
