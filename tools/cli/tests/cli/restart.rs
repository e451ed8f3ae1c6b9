//! A run that is watched while its server is restarted.

use crate::served::Served;
use crate::support::{Folder, Said, letters};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// An address that stays while the server behind it changes. It keeps what was asked, and what was told.
struct Proxy {
    url: String,
    behind: Arc<Mutex<String>>,
    asked: Arc<Mutex<String>>,
    told: Arc<Mutex<String>>,
}

impl Proxy {
    fn to(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            behind: Arc::new(Mutex::new(url.to_owned())),
            asked: Arc::default(),
            told: Arc::default(),
        };
        let behind = Arc::clone(&proxy.behind);
        let (asked, told) = (Arc::clone(&proxy.asked), Arc::clone(&proxy.told));
        thread::spawn(move || {
            for client in listener.incoming() {
                let server = behind.lock().unwrap().strip_prefix("http://").unwrap().to_owned();
                // Nobody is there: the connection ends, as that to a server that is gone.
                let Ok(server) = TcpStream::connect(server) else { continue };
                let client = client.unwrap();
                let back = (server.try_clone().unwrap(), client.try_clone().unwrap());
                let (asked, told) = (Arc::clone(&asked), Arc::clone(&told));
                thread::spawn(move || copy(client, server, &asked));
                thread::spawn(move || copy(back.0, back.1, &told));
            }
        });
        proxy
    }
}

fn copy(mut from: TcpStream, mut to: TcpStream, seen: &Mutex<String>) {
    let mut piece = [0; 4096];
    while let Ok(n @ 1..) = from.read(&mut piece) {
        seen.lock().unwrap().push_str(&String::from_utf8_lossy(&piece[..n]));
        if to.write_all(&piece[..n]).is_err() {
            break;
        }
    }
    _ = to.shutdown(Shutdown::Both);
    _ = from.shutdown(Shutdown::Both);
}

#[test]
fn watching_goes_on_where_it_was() {
    let folder = Folder::with_runs();
    let begin = || {
        let mut command = folder.command(&letters());
        command.env_remove("LETTERS_NOW");
        Served::of(command, &["--work"])
    };
    let first = begin();
    let proxy = Proxy::to(&first.url);
    let mut command = folder.command(crate::support::flujo());
    command.args(["--server", &proxy.url, "watch", "l-1", "--every", "20"]).stdout(Stdio::piped());
    let mut watching = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(watching.stdout.take().unwrap());
    let mut said = String::new();
    while !said.contains("the run is paused") {
        assert_ne!(out.read_line(&mut said).unwrap(), 0, "{said}");
    }
    while !proxy.told.lock().unwrap().replace(": ", ":").contains("event:state") {
        thread::sleep(Duration::from_millis(5));
    }
    drop(first);
    let second = begin();
    proxy.behind.lock().unwrap().clone_from(&second.url);
    let replied = second.flujo(&folder, &["reply", "l-1", "letter/agreed", "true"]);
    assert_eq!(replied.code, Some(0), "{replied:?}");
    out.read_to_string(&mut said).unwrap();
    let ended = Said::of(&watching.wait_with_output().unwrap());
    assert_eq!(ended.code, Some(0), "{said}{ended:?}");
    assert!(said.ends_with("the run is done\n"), "{said}");
    for once in ["letter/greet done", "letter/write done", "letter/agreed asks", "letter/post done"] {
        assert_eq!(said.matches(once).count(), 1, "{once}: {said}");
    }
    // What it had heard of the run, it does not hear again.
    let asked = proxy.asked.lock().unwrap().to_ascii_lowercase();
    assert!(asked.matches("/events").count() > 1 && asked.contains("last-event-id: "), "{asked}");
}
