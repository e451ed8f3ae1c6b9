//! A process that lies, hangs, floods, writes where nobody listens, and dies.

use crate::stdio_fake::{fake, started_by};
use crate::{json, soon, told};
use flujo::model::ToolServer as _;
use flujo_mcp::McpServer;
use std::path::Path;
use std::time::{Duration, Instant};

const SHORT: Duration = Duration::from_millis(300);

/// Long enough for an answer also on a busy machine.
const LONGER: Duration = Duration::from_secs(1);

async fn call(server: &McpServer) -> Result<String, flujo::StepError> {
    soon(server.call("search", &json(r#"{"q":1}"#))).await
}

async fn called(mode: &str) -> (String, bool) {
    told(call(&fake(mode).build().unwrap()).await)
}

/// What a call comes to that is not answered.
async fn waited(mode: &str) -> (String, bool) {
    told(call(&fake(mode).call_timeout(SHORT).build().unwrap()).await)
}

/// A text after the names of server and tool.
fn of_tool(text: &str) -> String {
    format!("MCP server `fake`, tool `search`: {text}")
}

fn runs(process: &str) -> bool {
    Path::new("/proc").join(process).exists()
}

#[tokio::test]
async fn a_call_is_answered() {
    let server = fake("plain").build().unwrap();
    assert_eq!(server.name(), "fake");
    assert_eq!(call(&server).await.unwrap(), r#"{"q":1}"#);
    let error = told(soon(server.call("search", &json("[1]"))).await);
    assert_eq!(error, (of_tool("the arguments are no JSON object"), false));
}

#[tokio::test]
async fn calls_beside_each_other_share_one_process() {
    let server = fake("process").build().unwrap();
    let calls = (0..20).map(|_| {
        let server = server.clone();
        tokio::spawn(async move { call(&server).await.unwrap() })
    });
    let mut processes = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        processes.push(call.await.unwrap());
    }
    processes.dedup();
    assert_eq!(processes.len(), 1, "{processes:?}");
}

#[tokio::test]
async fn a_command_that_is_not_there_is_named() {
    let server = McpServer::stdio("fake", "flujo-no-such-command", ["--key", "sk-planted"]).build().unwrap();
    let expected = "MCP server `fake`: `flujo-no-such-command` cannot be started: No such file or directory (os error 2); \
                    check that it is installed, and that its folder is in `PATH`";
    assert_eq!(told(server.connect().await), (expected.to_owned(), false));
    assert!(!format!("{server:?}").contains("planted"));
}

#[tokio::test]
async fn a_server_that_does_not_begin_is_not_waited_for() {
    let server = fake("mute-initialize").connect_timeout(SHORT).build().unwrap();
    let expected = "MCP server `fake`: no connection in 300ms: it does not answer `initialize`; a server that takes longer \
                    needs a longer `.connect_timeout(..)`";
    assert_eq!(told(soon(server.connect()).await), (expected.to_owned(), true));
    // Its process is not left behind.
    soon(async {
        while child_of_this("mute-initialize").is_some() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_server_that_refuses_to_begin_is_quoted() {
    let server = fake("refuses").build().unwrap();
    let expected = "MCP server `fake`: the server answers with the error -32603: not today; it was asked to `initialize`";
    assert_eq!(told(soon(server.connect()).await), (expected.to_owned(), true));
}

#[tokio::test]
async fn a_server_of_something_else_is_none() {
    let server = fake("no-mcp").build().unwrap();
    let expected = "MCP server `fake`: its answer to `initialize` is none of MCP";
    assert_eq!(told(soon(server.connect()).await), (expected.to_owned(), false));
}

#[tokio::test]
async fn a_server_that_ends_at_once_says_why() {
    let server = fake("dies-at-once").build().unwrap();
    let expected = "MCP server `fake`: the process ended: exit status: 7; it is connected to again at the next use; the end \
                    of its standard error: `no licence`";
    assert_eq!(told(soon(server.connect()).await), (expected.to_owned(), true));
}

#[tokio::test]
async fn a_call_that_is_not_answered_is_not_waited_for() {
    let expected = "no answer in 300ms; what takes longer needs a longer `.call_timeout(..)`";
    assert_eq!(waited("mute-call").await, (of_tool(expected), true));
    assert_eq!(waited("wrong-id").await, (of_tool(expected), true));
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_is_cancelled() {
    let server = fake("mute-call").call_timeout(LONGER).build().unwrap();
    call(&server).await.unwrap_err();
    tokio::time::sleep(SHORT).await;
    let (error, _) = told(call(&server).await);
    assert!(error.ends_with("the end of its standard error: `cancelled`"), "{error}");
}

#[tokio::test]
async fn a_server_that_gives_no_sign_of_life_is_started_again() {
    let server = fake("mute-forever").call_timeout(LONGER).build().unwrap();
    call(&server).await.unwrap_err();
    // The ping is not answered either; a new process is.
    assert_eq!(soon(server.tools()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_answer_that_is_too_long_ends_the_connection() {
    let server = fake("floods").max_answer(100_000).build().unwrap();
    let expected = "the server writes a message of more than 100000 bytes, and the connection was closed; `.max_answer(..)` \
                    allows more; it is connected to again at the next use";
    assert_eq!(told(call(&server).await), (of_tool(expected), true));
    assert_eq!(soon(server.tools()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_no_message_is_passed_over_and_named_where_no_answer_comes() {
    assert_eq!(call(&fake("greets").build().unwrap()).await.unwrap(), "hello");
    let expected = "no answer in 300ms; what takes longer needs a longer `.call_timeout(..)`; it wrote 3 lines to its \
                    standard output that are no JSON-RPC, the first: `Welcome!`";
    assert_eq!(waited("greets-and-is-mute").await, (of_tool(expected), true));
}

#[tokio::test]
async fn a_server_that_dies_within_a_call_is_started_again_at_the_next() {
    let server = fake("dies").build().unwrap();
    let expected = "the process ended: exit status: 3; it is connected to again at the next use; the end of its standard \
                    error: `word 3 | word 4 | word 5`";
    for _ in 0..2 {
        assert_eq!(told(call(&server).await), (of_tool(expected), true));
    }
    assert_eq!(soon(server.tools()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_endless_standard_error_stops_nothing() {
    let server = fake("writes-errors").build().unwrap();
    assert_eq!(call(&server).await.unwrap(), "done");
}

#[tokio::test]
async fn notifications_and_requests_of_the_server_stop_nothing() {
    for mode in ["notifies", "asks"] {
        assert_eq!(call(&fake(mode).build().unwrap()).await.unwrap(), "done", "{mode}");
    }
}

#[tokio::test]
async fn answers_that_are_none_are_named() {
    for (mode, what, retryable) in [
        ("wrong-result", "the answer is no object", false),
        ("wrong-content", "the answer has no list `content`", false),
        ("deep", "the answer cannot be read: recursion limit exceeded at line 1 column 170", false),
        ("wrong-error", "the answer cannot be read: unrecognized JSON-RPC message", false),
        ("unknown-tool", "the server answers with the error -32602: unknown tool: search", false),
        ("busy", "the server answers with the error -32603: busy", true),
        ("fails", "the tool failed: no such file", false),
        ("wants-input", "the tool asks the user for input, and a step has none to give", false),
    ] {
        assert_eq!(called(mode).await, (of_tool(what), retryable), "{mode}");
    }
}

#[tokio::test]
async fn the_process_ends_with_the_last_handle() {
    for mode in ["process", "process-stays"] {
        let server = fake(mode).build().unwrap();
        let process = if mode == "process" {
            call(&server).await.unwrap()
        } else {
            // This one does not end when its standard input does, and says nothing of itself.
            soon(server.connect()).await.unwrap();
            child_of_this("process-stays").unwrap()
        };
        let other = server.clone();
        drop(server);
        assert!(runs(&process));
        drop(other);
        let begun = Instant::now();
        while runs(&process) {
            assert!(begun.elapsed() < Duration::from_secs(5), "{mode}: process {process} is still there");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// A process that ignores that its input ended and that it is asked to end, and one that another one started.
#[tokio::test]
async fn no_process_is_left_behind() {
    for (mode, script) in [
        ("process-stays-stubborn", "trap '' TERM; exec SERVER"),
        ("process-stays-below", "exec 4<&0; SERVER <&4 & wait"),
        ("process-stays-alone", "exec 4<&0; SERVER <&4 & sleep 1"),
    ] {
        let server = started_by(mode, script).build().unwrap();
        soon(server.connect()).await.unwrap();
        assert!(child_of_this(mode).is_some(), "{mode}");
        drop(server);
        soon(async {
            while child_of_this(mode).is_some() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        })
        .await;
    }
}

/// The process with this mode in its environment.
fn child_of_this(mode: &str) -> Option<String> {
    let marker = format!("FAKE_MODE={mode} of {}\0", std::process::id());
    let processes =
        std::fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    processes.filter(|name| name.parse::<u32>().is_ok()).find(|name| {
        let environment = std::fs::read(format!("/proc/{name}/environ")).unwrap_or_default();
        String::from_utf8_lossy(&environment).contains(&marker)
    })
}

/// A runtime that ends takes the process with it, at once and without leaving a zombie.
#[test]
fn the_process_ends_with_the_runtime() {
    let server = fake("process").build().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let process = runtime.block_on(call(&server)).unwrap();
    assert!(runs(&process));
    drop(runtime);
    assert!(!runs(&process));
    // On another runtime it is started again.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    assert_ne!(runtime.block_on(call(&server)).unwrap(), process);
}

#[tokio::test]
async fn the_environment_is_not_passed_on() {
    let server = fake("environment").env("KEY", "sk-planted").build().unwrap();
    let names = call(&server).await.unwrap();
    let passed_on = ["HOME", "LANG", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "USER"];
    let of_the_shell = ["OLDPWD", "PWD", "SHLVL", "_"];
    let mut names: Vec<_> = names.split(' ').filter(|name| !passed_on.contains(name)).collect();
    names.retain(|name| !of_the_shell.contains(name));
    assert_eq!(names, ["FAKE_MODE", "KEY"]);
}

#[tokio::test]
async fn the_folder_of_the_process_can_be_chosen() {
    let server = fake("folder").current_dir("/").build().unwrap();
    assert_eq!(call(&server).await.unwrap(), "/");
}

#[tokio::test]
async fn a_secret_is_not_in_what_is_shown() {
    let server = fake("says-its-key").env("KEY", "sk-planted").build().unwrap();
    let error = soon(server.connect()).await.unwrap_err();
    let shown = format!("{error} {error:?} {server:?}");
    assert!(!shown.contains("planted"), "{shown}");
    let expected = "MCP server `fake`: the server answers with the error -32603: bad key [secret]; it was asked to `initialize`";
    assert_eq!(error.to_string(), expected);
    let builder = format!("{:?}", fake("plain").env("KEY", "sk-planted"));
    assert!(builder.contains("KEY") && !builder.contains("planted"), "{builder}");
}

#[test]
fn a_description_that_makes_no_sense_is_refused() {
    let refused =
        |builder: flujo_mcp::ServerBuilder<flujo_mcp::Stdio>| builder.build().unwrap_err().to_string();
    let with = |key: &str, value: &str| McpServer::stdio("a", "b", ["c"]).env(key, value);
    assert_eq!(refused(McpServer::stdio("a", "", ["c"])), "MCP server `a`: the command is empty");
    assert_eq!(refused(McpServer::stdio(" ", "b", ["c"])), "an MCP server has no name");
    assert_eq!(refused(with("A=B", "")), "MCP server `a`: the variable `A=B` cannot be set");
    assert_eq!(refused(with("A", "\0planted")), "MCP server `a`: the variable `A` cannot be set");
}
