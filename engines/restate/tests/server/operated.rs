//! The command line, the HTTP interface and the console, on runs of a server.

use crate::is_done;
use crate::support::{server, until};
use flujo_cli::{Cli, Console, Exit};
use flujo_server::Server;
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpListener;

/// Runs a command; returns its exit code and what it prints.
async fn command(cli: &Cli, words: &[&str]) -> (Exit, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let console = Console::new(std::io::empty(), &mut out, &mut err);
    let code = cli.run_from(["app"].iter().chain(words), console).await;
    (code, String::from_utf8([out, err].concat()).unwrap())
}

async fn page(url: String) -> (u16, String) {
    let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let answer = client.get(url.parse().unwrap()).await.unwrap();
    let status = answer.status().as_u16();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_and_the_console_operate_runs() {
    let Some(mut server) = server().await else { return };
    server.worker().await;
    let flujo = server.flujo();
    let cli = Cli::new(flujo.clone());
    let (_, said) = command(&cli, &["start", "asks", "--input", "1", "--id", "q", "--wait"]).await;
    assert!(said.starts_with("q is paused"), "{said}");
    let (code, said) = command(&cli, &["questions"]).await;
    assert!(code == Exit::Ok && said.contains("How many more?"), "{said}");
    let (code, said) = command(&cli, &["reply", "q", "asks/more", "\"many\""]).await;
    assert!(code != Exit::Ok && said.contains("does not fit the question, which stays open"), "{said}");

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let console = Server::new(flujo.clone());
    tokio::spawn(async move { console.serve_on(listener, std::future::pending()).await });
    let (status, inbox) = page(format!("http://{address}/inbox")).await;
    assert!(status == 200 && inbox.contains("How many more?"), "{status} {inbox}");

    let (code, said) = command(&cli, &["reply", "q", "asks/more", "40", "--by", "ada"]).await;
    assert_eq!((code, said.lines().next()), (Exit::Ok, Some("replied to asks/more of q")), "{said}");
    until(&flujo, "q", |view| is_done(view, "43")).await;
    let (code, said) = command(&cli, &["show", "q"]).await;
    assert!(code == Exit::Ok && said.contains("done") && said.contains("asks/more"), "{said}");
    let (status, listed) = page(format!("http://{address}/api/v1/runs?pipeline=asks")).await;
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(
        (status, &listed["runs"][0]["id"], &listed["runs"][0]["state"]),
        (200, &"q".into(), &"done".into())
    );
    let (status, shown) = page(format!("http://{address}/runs/q")).await;
    assert!(status == 200 && shown.contains("asks/more") && shown.contains("ada"), "{status} {shown}");
    let (code, _) = command(&cli, &["start", "steps", "--input", "[1,20000]", "--id", "c"]).await;
    assert_eq!(code, Exit::Ok);
    let (code, said) = command(&cli, &["cancel", "c", "--by", "ops"]).await;
    assert_eq!(code, Exit::Ok, "{said}");
    let (code, said) = command(&cli, &["list", "--count"]).await;
    assert!(code == Exit::Ok && said.contains("asks") && said.contains("steps"), "{said}");
}
