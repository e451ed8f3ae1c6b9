//! Chapter 9 as its reader goes through it: each command is a process of its own, and they share one file.
#![cfg(unix)]

use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

type Checked = Result<(), Box<dyn Error>>;

/// A folder that is deleted in the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> std::io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("flujo-tutorial-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The program, under the name that it has in the reader's crate.
fn helpdesk(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chapter-09"));
    command.arg0("helpdesk").args(words).current_dir(folder).stdin(Stdio::null());
    command
}

/// A server that is killed when it is dropped, as by `kill -9`.
struct Server(Child, String);

impl Server {
    fn start(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let mut command = helpdesk(folder, &["serve", "--address", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("a pipe")?).read_line(&mut line)?;
        let address = line.trim().strip_prefix("serving at http://").ok_or("an address")?.to_owned();
        Ok(Self(child, address))
    }

    /// The body of the answer.
    fn asked(&self, request: &str, body: &str) -> Result<String, Box<dyn Error>> {
        let mut stream = TcpStream::connect(&self.1)?;
        let (length, host) = (body.len(), &self.1);
        write!(
            stream,
            "{request} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.split_once("\r\n\r\n").ok_or("an answer with a body")?.1.to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// One time for all, and one day; a second day on a line is that of a deadline.
fn without_times(line: &str) -> String {
    let mut days = ["2026-05-04", "2026-05-06"].into_iter();
    let is_time = |word: &str| {
        let word = word.trim_end_matches(',');
        word.len() == 8
            && word.bytes().enumerate().all(|(i, b)| if i % 3 == 2 { b == b':' } else { b.is_ascii_digit() })
    };
    let is_day = |word: &str| word.len() == 10 && word.starts_with("20") && word.matches('-').count() == 2;
    let words = line.split(' ').map(|word| match word {
        word if is_time(word) => "09:30:00",
        word if is_day(word) => days.next().unwrap_or(word),
        word => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn tickets_outlive_their_processes() -> Checked {
    let folder = Folder::new()?;
    let mut transcript = String::new();
    let mut says = |words: &[&str]| -> Result<String, Box<dyn Error>> {
        let output = helpdesk(&folder.0, words).output()?;
        let quoted = words.iter().map(|word| match word.contains(['"', ' ']) {
            true => format!("'{word}'"),
            false => (*word).to_owned(),
        });
        transcript += &format!("$ helpdesk {}\n", quoted.collect::<Vec<_>>().join(" "));
        let said = String::from_utf8(output.stdout)?;
        let all = said.clone() + &String::from_utf8(output.stderr)?;
        all.lines().for_each(|line| transcript += &(without_times(line) + "\n"));
        Ok(said)
    };
    says(&["validate"])?;
    let ticket = r#"[{"customer": "Ada", "text": "Where is my order 1041?"}]"#;
    says(&["start", "support", "--id", "t-1", "--wait", "--input", ticket])?;
    let ticket = r#"[{"customer": "Bob", "text": "The chair of order 2207 has three legs!"}]"#;
    says(&["start", "support", "--id", "t-2", "--wait", "--input", ticket])?;
    says(&["questions"])?;
    says(&["reply", "t-2", "support/decision", r#""pay""#, "--by", "Zoe"])?;

    // No process was there for the reply. The first one that works goes on with the run.
    let server = Server::start(&folder.0)?;
    let began = Instant::now();
    while !server.asked("GET /api/v1/runs/t-2", "")?.contains(r#""state":"done""#) {
        assert!(began.elapsed() < Duration::from_secs(30), "the run does not go on");
        std::thread::sleep(Duration::from_millis(20));
    }
    let ticket = r#"{"pipeline": "support", "id": "t-3", "input": [{"customer": "Cy", "text": "Do you sell lamps?"}]}"#;
    assert_eq!(server.asked("POST /api/v1/runs", ticket)?, r#"{"id":"t-3","state":"created"}"#);
    while !server.asked("GET /api/v1/runs/t-3", "")?.contains(r#""state":"done""#) {
        assert!(began.elapsed() < Duration::from_secs(60), "the run that came by HTTP does not end");
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(server);
    says(&["list"])?;
    says(&["usage", "--by", "model"])?;

    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("chapters/09_served/expected.txt");
    if std::env::var("FLUJO_RECORD").is_ok_and(|word| word == "overwrite") {
        fs::write(&file, &transcript)?;
    }
    assert_eq!(transcript, fs::read_to_string(&file).unwrap_or_default(), "{}", file.display());
    Ok(())
}
