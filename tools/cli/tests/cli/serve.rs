//! `serve`: one line with the address, an end without loss, and who is refused.

use crate::served::{Served, file};
use crate::support::{Folder, Said, flujo, letters};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

/// The head and the body of an answer.
fn get(url: &str, path: &str) -> String {
    let host = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[cfg(unix)]
#[test]
fn it_prints_its_address_and_ends_gracefully() {
    let folder = Folder::with_runs();
    for signal in ["-INT", "-TERM"] {
        let served = Served::letters(&folder, &[]);
        let page = get(&served.url, "/");
        assert!(page.starts_with("HTTP/1.1 200") && page.contains("l-1"), "{page}");
        assert!(get(&served.url, "/api/v1/pipelines").contains("\"note\""));
        let said = served.end(signal);
        // The first line was read before.
        let err = "stopping: what is under way has ten seconds; Ctrl-C again ends it at once\n";
        assert_eq!(said, Said { code: Some(0), out: String::new(), err: err.to_owned() }, "{signal}");
    }
}

#[test]
fn a_database_is_served_without_code() {
    let folder = Folder::with_runs();
    let mut command = folder.command(flujo());
    command.args(["--db", "runs.db"]);
    let served = Served::of(command, &[]);
    let runs = get(&served.url, "/api/v1/runs");
    assert!(runs.starts_with("HTTP/1.1 200") && runs.contains("l-1") && runs.contains("n-1"), "{runs}");
    assert!(get(&served.url, "/api/v1/pipelines").ends_with("{\"pipelines\":[]}"));
    assert_eq!(served.flujo(&folder, &["reply", "l-1", "letter/agreed", "true"]).code, Some(0));
}

#[test]
fn the_address_is_a_document_too() {
    let folder = Folder::new();
    let mut command = folder.command(&letters());
    command.args(["serve", "--address", "localhost:0", "--json"]).stdout(std::process::Stdio::piped());
    let mut process = command.spawn().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(process.stdout.as_mut().unwrap()), &mut line)
        .unwrap();
    process.kill().unwrap();
    process.wait().unwrap();
    let answer: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert!(answer["address"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{answer}");
}

#[test]
fn with_work_a_reply_goes_on() {
    let folder = Folder::with_runs();
    // The clock of the other tests stands still, and a worker would wait for it.
    let mut command = folder.command(&letters());
    command.env_remove("LETTERS_NOW");
    let served = Served::of(command, &["--work"]);
    assert_eq!(served.flujo(&folder, &["reply", "l-1", "letter/agreed", "true"]).code, Some(0));
    let watched = served.flujo(&folder, &["watch", "l-1"]);
    assert!(watched.code == Some(0) && watched.out.ends_with("the run is done\n"), "{watched:?}");
}

#[test]
fn a_public_address_needs_tokens() {
    let folder = Folder::new();
    let said = folder.letters(&["serve", "--address", "0.0.0.0:0"]);
    let err = "error: everyone who reaches 0.0.0.0:0 could change runs\n\
               list who may with `--token-file FILE`, or listen at 127.0.0.1 behind something that asks\n";
    assert_eq!(said, Said { code: Some(2), out: String::new(), err: err.to_owned() });
    file(&folder, "tokens", "# who may\nops operator s3cret-of-ops\n");
    let mut command = folder.command(&letters());
    command.env("FLUJO_TOKENS", "ops operator s3cret-of-ops,eve viewer s3cret-of-eve");
    for served in [
        Served::at("0.0.0.0:0", folder.command(&letters()), &["--token-file", "tokens"]),
        Served::at("0.0.0.0:0", command, &[]),
    ] {
        let local = served.url.replace("0.0.0.0", "127.0.0.1");
        let answer = get(&local, "/api/v1/runs");
        assert!(answer.starts_with("HTTP/1.1 401") && !answer.contains("s3cret"), "{answer}");
    }
}

#[test]
fn tokens_that_cannot_be_read_are_named_and_not_shown() {
    let folder = Folder::new();
    file(&folder, "tokens", "ops operator\nops s3cret operator\n");
    file(&folder, "nobody", "# nobody\n");
    for (name, expected) in [
        ("tokens", "line 1 of `tokens`: write a name, a role and a token, with spaces between"),
        ("nobody", "`nobody` has no caller"),
        ("missing", "the tokens cannot be read from `missing`: "),
    ] {
        let said = folder.letters(&["serve", "--token-file", name]);
        assert!(said.code == Some(2) && said.err.contains(expected), "{said:?}");
        assert!(!said.err.contains("s3cret"), "{said:?}");
    }
}

#[test]
fn an_address_that_is_taken_or_none_is_refused() {
    let folder = Folder::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = folder.letters(&["serve", "--address", &address]);
    assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{said:?}");
    assert!(said.err.starts_with(&format!("error: cannot listen at {address}: ")), "{said:?}");
    assert!(said.err.ends_with("give another one: `--address 127.0.0.1:0` takes a free port\n"), "{said:?}");
    for wrong in ["8080", "example.org:80", "127.0.0.1"] {
        let said = folder.letters(&["serve", "--address", wrong]);
        assert!(said.code == Some(2) && said.err.contains("give an address and a port"), "{said:?}");
    }
}

#[test]
fn a_pipeline_is_drawn_as_svg() {
    let folder = Folder::new();
    let said = folder.letters(&["graph", "note", "--format", "svg"]);
    assert!(said.code == Some(0) && said.out.starts_with("<svg "), "{said:?}");
    assert!(said.out.ends_with("</svg>\n") && said.out.contains(">greet</text>"), "{said:?}");
}
