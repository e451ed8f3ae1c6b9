//! The command line within a process: colours, widths and names that the caller sets.

use flujo::codec::Json;
use flujo::engine::RunState;
use flujo::prelude::*;
use flujo::run::Control;
use flujo_cli::{Cli, Console, Exit};
use flujo_server::{Live, Role, Server};
use flujo_testing::PausedClock;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

#[step]
async fn greet(name: String) -> Result<String> {
    Ok(format!("Hello, {name}!"))
}

pipeline! {
    fn welcome(name: String) -> String { greet(name) }
}

pub(crate) async fn said(
    cli: &Cli,
    words: &[&str],
    console: impl FnOnce(Console<'_>) -> Console<'_>,
) -> (Exit, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let words = ["app"].iter().chain(words);
    let exit = cli.run_from(words, console(Console::new(std::io::empty(), &mut out, &mut err))).await;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (exit, text(out), text(err))
}

#[tokio::test]
async fn a_caller_sets_what_a_process_looks_up() {
    let clock = PausedClock::at(flujo::clock::Timestamp(1_795_995_066_000_000_000));
    let flujo = Flujo::builder().clock(Arc::new(clock.clone())).pipeline::<welcome>().build().unwrap();
    let cli = Cli::new(flujo);
    let start = ["start", "welcome", "--input", "\"Ada\"", "--id", "r-1", "--wait"];
    let (exit, out, _) = said(&cli, &start, |console| console.user("ops").colours(true)).await;
    assert_eq!((exit, out.as_str()), (Exit::Ok, "\u{1b}[32mr-1 is done: \"Hello, Ada!\"\u{1b}[0m\n"));
    let (_, out, _) = said(&cli, &["show", "r-1", "--json"], |console| console).await;
    assert!(out.contains("\"by\":\"ops\""), "{out}");
    let (_, out, _) =
        said(&cli, &["list", "--created-since", "1h"], |console| console.clock(clock).width(12)).await;
    assert_eq!(out, "run  state\nr-1  done\n");
    let (exit, _, err) = said(&cli, &["show", "r-2"], |console| console.colours(true)).await;
    assert_eq!(exit, Exit::Nothing);
    assert_eq!(err, "\u{1b}[31merror:\u{1b}[0m there is no run `r-2`; `list` shows the runs\n");
    assert_eq!((exit.code(), Exit::Interrupted.code()), (3, 130));
}

#[tokio::test]
async fn a_binary_without_pipelines_says_so() {
    let cli = Cli::new(Flujo::builder().build().unwrap());
    let (exit, out, err) = said(&cli, &["pipelines"], |console| console).await;
    let expected = "no pipeline is registered: call `.pipeline::<..>()` on the builder\n";
    assert_eq!((exit, out.as_str(), err.as_str()), (Exit::Nothing, "", expected));
    let (exit, _, err) = said(&cli, &["start", "welcome"], |console| console).await;
    let expected =
        "error: there is no pipeline `welcome`: this binary has none; register it with `.pipeline::<..>()`\n";
    assert_eq!((exit, err.as_str()), (Exit::Nothing, expected));
}

/// An output that others read while it is written.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The first line of the answer of a server that was begun with these words.
async fn answered(cli: &Cli, words: &[&str]) -> (Option<Exit>, String, String) {
    let (out, err) = (Shared::default(), Shared::default());
    let console = Console::new(std::io::empty(), out.clone(), err.clone());
    let text = |shared: &Shared| String::from_utf8(shared.0.lock().unwrap().clone()).unwrap();
    let asking = async {
        while !text(&out).ends_with('\n') {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        let address = text(&out).trim_end().replace("serving at http://0.0.0.0", "127.0.0.1");
        let mut stream =
            tokio::net::TcpStream::connect(address.replace("serving at http://", "")).await.unwrap();
        stream.write_all(b"GET /api/v1/runs HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).await.unwrap();
        line
    };
    let words = ["app"].iter().chain(words);
    tokio::select! {
        exit = cli.run_from(words, console) => (Some(exit), String::new(), text(&err)),
        line = asking => (None, line, text(&err)),
    }
}

#[tokio::test]
async fn a_caller_has_settings_of_its_own_for_the_server() {
    let live = Live::new();
    let flujo = Flujo::builder().observer(live.clone()).pipeline::<welcome>().build().unwrap();
    let cli = Cli::new(flujo.clone()).live(live.clone());
    let (_, status, _) = answered(&cli, &["serve", "--address", "127.0.0.1:0"]).await;
    assert_eq!(status, "HTTP/1.1 200 OK\r\n");
    // Whoever tells callers apart may listen anywhere.
    let cli =
        Cli::new(flujo.clone()).live(live).server(|server| server.token("ops", Role::Operator, "t0ken"));
    let (_, status, _) = answered(&cli, &["serve", "--address", "0.0.0.0:0"]).await;
    assert_eq!(status, "HTTP/1.1 401 Unauthorized\r\n");
    // Other settings do not open it: the server itself says what is missing.
    let cli = Cli::new(flujo).server(|server| server.host("example.org"));
    let (exit, _, err) = answered(&cli, &["serve", "--address", "0.0.0.0:0"]).await;
    assert_eq!(exit, Some(Exit::Usage));
    assert!(err.starts_with("error: everyone who reaches 0.0.0.0:"), "{err}");
}

#[step]
async fn note(agreed: bool) -> Result<bool> {
    Ok(agreed)
}

pipeline! {
    fn agree() -> bool {
        let agreed: bool = ask("Agreed?");
        note(agreed)
    }
}

#[tokio::test]
async fn a_binary_may_always_work_while_it_serves() {
    let flujo = Flujo::builder().pipeline::<agree>().build().unwrap();
    drop(flujo.run(agree()).id("a-1").await);
    let control: &dyn Control = &flujo;
    let replied = async {
        control
            .reply(&"a-1".into(), &"agree/agreed".into(), &Json::encode(&true).unwrap(), None)
            .await
            .unwrap();
        while RunState::from(&control.inspect(&"a-1".into()).await.unwrap().status) != RunState::Done {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    let cli = Cli::new(flujo.clone()).works();
    let (out, err) = (Shared::default(), Shared::default());
    let console = Console::new(std::io::empty(), out, err);
    tokio::select! {
        exit = cli.run_from(["app", "serve", "--address", "127.0.0.1:0"], console) => panic!("{exit:?}"),
        () = replied => {}
    }
}

/// A server has pages of at most 500, and a command asks for as many as it needs.
#[tokio::test]
async fn a_long_list_is_many_pages_of_a_server() {
    let flujo = Flujo::builder().pipeline::<welcome>().build().unwrap();
    for n in 0..600 {
        drop(flujo.run(welcome("Ada".into())).id(format!("r/{n:03}")).await);
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(Server::new(flujo).serve_on(listener, std::future::pending()));
    let listed = async |more: &[&str]| {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let words = ["flujo", "--server", &url, "list", "--json", "--order", "id", "--limit", "550"];
        let console = Console::new(std::io::empty(), &mut out, &mut err);
        let exit = flujo_cli::run_installed(words.iter().chain(more), console).await;
        assert_eq!(exit, Exit::Ok, "{}", String::from_utf8_lossy(&err));
        serde_json::from_slice::<serde_json::Value>(&out).unwrap()
    };
    let first = listed(&[]).await;
    let ids = |page: &serde_json::Value| {
        let runs = page["runs"].as_array().unwrap();
        runs.iter().map(|run| run["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((ids(&first).len(), &first["next"]), (550, &"0.r/549".into()));
    let rest = listed(&["--after", "0.r/549"]).await;
    assert_eq!((ids(&rest).len(), &rest["next"]), (50, &serde_json::Value::Null));
    let expected: Vec<_> = (0..600).map(|n| format!("r/{n:03}")).collect();
    assert_eq!([ids(&first), ids(&rest)].concat(), expected);
    serving.abort();
}
