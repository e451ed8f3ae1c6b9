//! A server by HTTP that lies, hangs, floods and breaks off.

use crate::http_fake::HttpFake;
use crate::{json, soon, told};
use flujo::model::ToolServer as _;
use flujo_mcp::{Http, McpServer, ServerBuilder};
use std::io::Write as _;
use std::time::Duration;

fn of(fake: &HttpFake) -> ServerBuilder<Http> {
    let server = McpServer::http("fake", fake.url.as_str()).header("authorization", "Bearer sk-planted");
    server.call_timeout(Duration::from_secs(5)).max_answer(100_000)
}

async fn call(server: &McpServer) -> Result<String, flujo::StepError> {
    soon(server.call("search", &json("{}"))).await
}

async fn called(mode: &'static str) -> (String, bool) {
    let fake = HttpFake::start(mode);
    told(call(&of(&fake).build().unwrap()).await)
}

fn of_tool(text: &str) -> String {
    format!("MCP server `fake`, tool `search`: {text}")
}

#[tokio::test]
async fn calls_are_answered_in_one_session_with_the_headers() {
    let fake = HttpFake::start("plain");
    let server = of(&fake).header("x-team", "blue").build().unwrap();
    assert_eq!(soon(server.tools()).await.unwrap()[0].name, "search");
    for _ in 0..2 {
        assert_eq!(call(&server).await.unwrap(), "in s0");
    }
    assert_eq!((fake.count("initialize"), fake.count("tools/call")), (1, 2));
    for seen in fake.seen() {
        assert_eq!(
            (seen.headers["authorization"].as_str(), seen.headers["x-team"].as_str()),
            ("Bearer sk-planted", "blue")
        );
        let first = seen.body["method"] == "initialize";
        assert_eq!(seen.headers.get("mcp-session-id").map(String::as_str), (!first).then_some("s0"));
        assert_eq!(
            seen.headers.get("mcp-protocol-version").map(String::as_str),
            (!first).then_some("2025-11-25")
        );
    }
    drop(server);
    // The session is ended.
    soon(async {
        while !fake.seen().iter().any(|seen| seen.method == "DELETE") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn an_answer_may_be_a_stream() {
    let fake = HttpFake::start("streams");
    let server = of(&fake).build().unwrap();
    for _ in 0..5 {
        assert_eq!(call(&server).await.unwrap(), "streamed");
    }
    // One for what the server has to say by itself, and one for the calls.
    assert!(fake.connections() <= 3, "{}", fake.connections());
}

#[tokio::test]
async fn a_stream_that_breaks_off_goes_on_where_it_was() {
    let fake = HttpFake::start("resumes");
    assert_eq!(call(&of(&fake).build().unwrap()).await.unwrap(), "resumed");
}

#[tokio::test]
async fn a_stream_that_does_not_go_on_is_not_waited_for() {
    let (error, retryable) = called("never-resumes").await;
    let expected = of_tool("the server closed the connection; it is connected to again at the next use");
    assert_eq!((error, retryable), (expected, true));
}

#[tokio::test]
async fn a_server_that_is_busy_keeps_its_session() {
    for mode in ["429", "500"] {
        let fake = HttpFake::start(mode);
        let server = of(&fake).build().unwrap();
        for _ in 0..2 {
            let error = call(&server).await.unwrap_err();
            let wait = if mode == "429" { "wait: Some(7s)" } else { "wait: None" };
            assert!(format!("{error:?}").contains(wait), "{error:?}");
        }
        assert_eq!((fake.count("initialize"), fake.count("tools/call")), (1, 2), "{mode}");
    }
}

#[tokio::test]
async fn a_server_of_the_newest_protocol_needs_no_handshake() {
    let fake = HttpFake::start("modern");
    assert_eq!(call(&of(&fake).build().unwrap()).await.unwrap(), "in ");
    let last = fake.seen().pop().unwrap();
    assert_eq!(
        (last.headers["mcp-method"].as_str(), last.headers["mcp-name"].as_str()),
        ("tools/call", "search")
    );
}

#[tokio::test]
async fn a_session_that_ended_is_begun_again() {
    let fake = HttpFake::start("session-ends");
    assert_eq!(call(&of(&fake).build().unwrap()).await.unwrap(), "in s1");

    // A server that has another word for it loses one call.
    let fake = HttpFake::start("session-is-bad");
    let server = of(&fake).build().unwrap();
    let expected = of_tool("the server answers with the status 400 Bad Request: no valid session");
    assert_eq!(told(call(&server).await), (expected, false));
    assert_eq!(call(&server).await.unwrap(), "in s1");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    // Nobody listens at a port that was just free.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = McpServer::http("fake", format!("http://127.0.0.1:{port}/mcp")).build().unwrap();
    let expected = "MCP server `fake`: the server cannot be reached: Connection refused (os error 111); check that it runs, \
                    and its URL";
    assert_eq!(told(soon(server.connect()).await), (expected.to_owned(), true));
}

#[tokio::test]
async fn a_server_that_does_not_begin_is_not_waited_for() {
    let fake = HttpFake::start("mute");
    let server = of(&fake).connect_timeout(Duration::from_millis(300)).build().unwrap();
    let expected = "MCP server `fake`: no connection in 300ms: it does not answer `initialize`; a server that takes longer \
                    needs a longer `.connect_timeout(..)`";
    assert_eq!(told(soon(server.connect()).await), (expected.to_owned(), true));
}

#[tokio::test]
async fn a_call_that_is_not_answered_is_not_waited_for() {
    let fake = HttpFake::start("mute-call");
    let server = of(&fake).call_timeout(Duration::from_secs(1)).build().unwrap();
    let expected = of_tool("no answer in 1s; what takes longer needs a longer `.call_timeout(..)`");
    assert_eq!(told(call(&server).await), (expected, true));
    assert_eq!(soon(server.tools()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_status_says_what_to_do() {
    for (mode, what, retryable) in [
        (
            "401",
            "401 Unauthorized: the key [secret] is wrong; check the header `authorization` that it is given",
            false,
        ),
        ("403", "403 Forbidden; check the header `authorization` that it is given", false),
        ("404", "404 Not Found; check the path of the URL", false),
        ("429", "429 Too Many Requests: slow down", true),
        ("500", "500 Internal Server Error: out of memory", true),
        ("307", "307 Temporary Redirect; it sends requests elsewhere: use that URL", false),
    ] {
        assert_eq!(
            called(mode).await,
            (of_tool(&format!("the server answers with the status {what}")), retryable)
        );
    }
}

#[tokio::test]
async fn answers_that_are_none_are_named() {
    for (mode, what, retryable) in [
        (
            "html",
            "the answer is neither JSON nor a stream of events, but `text/html`; check the path of the URL",
            false,
        ),
        ("no-json", "the answer is no JSON-RPC", true),
        ("400", "the server answers with the error -32602: unknown tool", false),
        ("deep-event", "the answer cannot be read: recursion limit exceeded at line 1 column 170", false),
        ("stream-ends", "the stream of the answer ended without one", true),
        ("no-stream", "the stream of the answer ended without one", true),
    ] {
        assert_eq!(called(mode).await, (of_tool(what), retryable), "{mode}");
    }
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_refused_before_it_is_there() {
    for mode in ["floods-length", "floods-pieces", "floods-event"] {
        let what = "the answer has more than 100000 bytes; `.max_answer(..)` allows more";
        assert_eq!(called(mode).await, (of_tool(what), false), "{mode}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_may_be_tried_again() {
    let (error, retryable) = called("stream-breaks").await;
    assert!(error.contains("the connection was lost within the answer: ") && retryable, "{error}");
    let (error, retryable) = called("breaks").await;
    assert!(error.contains("the server cannot be reached: ") && retryable, "{error}");
}

#[tokio::test]
async fn tls_is_spoken_where_the_url_says_so() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/mcp", listener.local_addr().unwrap());
    // It speaks first, and no TLS.
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
        }
    });
    let (error, retryable) = told(soon(McpServer::http("fake", url).build().unwrap().connect()).await);
    let expected = "MCP server `fake`: the server cannot be reached: received corrupt message of type InvalidContentType; check \
                    that it runs, and its URL";
    assert_eq!((error.as_str(), retryable), (expected, true));
}

#[tokio::test]
async fn a_secret_is_not_in_what_is_shown() {
    let fake = HttpFake::start("401");
    let server = of(&fake).build().unwrap();
    let error = soon(server.connect()).await.unwrap_err();
    let with_query = McpServer::http("a", "https://a.example/mcp?key=sk-planted").build().unwrap();
    let shown = format!("{error} {error:?} {server:?} {with_query:?} {:?}", of(&fake));
    assert!(!shown.contains("planted") && shown.contains("authorization"), "{shown}");
}

#[test]
fn a_description_that_makes_no_sense_is_refused() {
    let refused = |builder: ServerBuilder<Http>| builder.build().unwrap_err().to_string();
    let at = |url: &str| McpServer::http("a", url);
    let no_url = "MCP server `a`: the URL is none that begins with `http://` or `https://`";
    for url in ["", "docs.example.com", "ftp://docs.example.com", "http://", "https://a b/planted"] {
        assert_eq!(refused(at(url)), no_url, "{url}");
    }
    let text = "MCP server `a`: the URL holds a user or a password: give them as the header `authorization`";
    assert_eq!(refused(at("https://me:planted@docs.example.com")), text);
    let with = |name: &str, value: &str| refused(at("https://docs.example.com").header(name, value));
    assert_eq!(with("a b", "c"), "MCP server `a`: `a b` is no name of a header");
    let text = "MCP server `a`: the value of the header `key` has letters that a header cannot have";
    assert_eq!(with("key", "planted\n"), text);
    assert_eq!(
        with("Mcp-Session-Id", "x"),
        "MCP server `a`: the header `Mcp-Session-Id` is set by the protocol"
    );
}
