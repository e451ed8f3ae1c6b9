//! Servers in Python that somebody else wrote. Each is started once, by the first test that speaks to it, and ends with
//! the process of the tests, however that ends. Where it is not installed its tests say so, loudly.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

/// How long a server may take until it listens: on two busy cores.
const LONGEST_START: Duration = Duration::from_secs(240);
/// How many of its last lines are kept for the message of a failure.
const LINES: usize = 60;
/// The words with which uvicorn, which both servers are made of, says that it listens.
const LISTENS: &str = "Uvicorn running on ";

/// Runs the command, and kills it with all its children once the pipe to this shell is closed: the process that holds
/// the other end has ended then, by itself or by a signal. The command takes the place of the shell, so that it is a
/// child of the tests.
const UNTIL_CLOSED: &str =
    r#"exec 3<&0; { read -r _ <&3; kill -KILL 0; } > /dev/null 2>&1 & exec "$@" < /dev/null 3<&-"#;

/// A server, which may be installed.
pub struct PythonServer {
    /// The name of its check in `.ci/extra`.
    name: &'static str,
    /// The environment variable that says which Python has it, or that it must be there.
    variable: &'static str,
    running: OnceLock<Result<Option<Running>, String>>,
}

impl PythonServer {
    pub const fn new(name: &'static str, variable: &'static str) -> Self {
        Self { name, variable, running: OnceLock::new() }
    }

    /// Returns the address of the server, with a slash at the end; `None` if it is not installed. `arrange` gets the
    /// command of the Python that has it, and the port that it shall listen at.
    pub fn url(&self, arrange: impl FnOnce(&mut Command, u16)) -> Option<&str> {
        let start = || {
            let Some(python) = self.python()? else { return Ok(None) };
            let mut command = Command::new(&python);
            let port = free_port();
            arrange(&mut command, port);
            Running::start(&command, port).map(Some).map_err(|e| format!("{}: {e}", self.name))
        };
        match self.running.get_or_init(start) {
            Ok(Some(running)) => Some(&running.url),
            Ok(None) => {
                // What tests print is shown when they fail. This is for those that pass.
                let _ = writeln!(std::io::stderr(), "SKIPPED: {}", self.absent());
                None
            }
            Err(why) => panic!("{why}"),
        }
    }

    /// Finds the Python that has the server: the one that was named, or the one that `.ci/extra` made.
    fn python(&self) -> Result<Option<PathBuf>, String> {
        let told = std::env::var(self.variable).ok().filter(|told| !told.is_empty());
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("../venv-{}", self.name));
        let pinned = Path::new(env!("CARGO_MANIFEST_DIR")).join(self.name).join("requirements.txt");
        let read = |path: &Path| std::fs::read_to_string(path).ok();
        let is_there = read(&pinned).is_some() && read(&pinned) == read(&place.join("requirements.txt"));
        match told.as_deref() {
            Some("required") if !is_there => Err(self.absent()),
            Some("required") | None => Ok(is_there.then(|| place.join("bin/python"))),
            Some(python) => Ok(Some(python.into())),
        }
    }

    fn absent(&self) -> String {
        format!("{0} is not installed: .ci/extra {0}", self.name)
    }
}

/// A port that is free. Ports that the system hands out are not among these, so nobody else in this process gets it.
fn free_port() -> u16 {
    let first = u16::try_from(std::process::id() % 10_000).unwrap();
    let ports = (0..10_000).map(|i| 20_000 + (first + i) % 10_000);
    ports.into_iter().find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("no port is free")
}

/// A server that listens.
struct Running {
    url: String,
    /// It ends when this is dropped, at the latest by the system.
    _child: Child,
}

impl Running {
    fn start(command: &Command, port: u16) -> Result<Self, String> {
        let mut child = until_closed(command).spawn().map_err(|e| e.to_string())?;
        let said = Said::default();
        // Its pipes must not fill up.
        said.listen(child.stdout.take());
        said.listen(child.stderr.take());
        let start = Instant::now();
        while !said.listens() {
            if let Ok(Some(status)) = child.try_wait() {
                return Err(format!("it ended with {status} and said:\n{}", said.last()));
            }
            if start.elapsed() > LONGEST_START {
                return Err(format!(
                    "it does not listen after {LONGEST_START:?}, and said:\n{}",
                    said.last()
                ));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(Self { url: format!("http://127.0.0.1:{port}/"), _child: child })
    }
}

/// Makes a command of this one that ends when its standard input is closed. Nothing of the environment reaches it but
/// what it was given itself: neither keys nor settings.
fn until_closed(command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", UNTIL_CLOSED, "sh"]).arg(command.get_program()).args(command.get_args()).env_clear();
    let folder = env!("CARGO_TARGET_TMPDIR");
    shell.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", folder).current_dir(folder);
    for (name, value) in command.get_envs() {
        shell.env(name, value.unwrap_or_default());
    }
    shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    shell
}

/// The last lines of what a server said.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<(VecDeque<String>, bool)>>);

impl Said {
    fn listen(&self, pipe: Option<impl Read + Send + 'static>) {
        let (said, mut pipe) = (self.clone(), BufReader::new(pipe.unwrap()));
        std::thread::spawn(move || {
            let mut line = Vec::new();
            while pipe.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
                let mut said = said.0.lock().unwrap();
                let text = String::from_utf8_lossy(&line).trim_end().to_owned();
                said.1 |= text.contains(LISTENS);
                said.0.push_back(text);
                if said.0.len() > LINES {
                    said.0.pop_front();
                }
                line.clear();
            }
        });
    }

    fn listens(&self) -> bool {
        self.0.lock().unwrap().1
    }

    fn last(&self) -> String {
        self.0.lock().unwrap().0.iter().fold(String::new(), |all, line| all + line + "\n")
    }
}

/// A server ends with the process that holds the pipe to it, and its children with it.
#[test]
fn a_server_ends_when_its_pipe_is_closed() {
    let mut command = Command::new("sh");
    command.args(["-c", "sleep 60 & echo started; wait"]);
    let mut child = until_closed(&command).spawn().unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    assert_eq!((line.as_str(), child.try_wait().unwrap()), ("started\n", None));
    let start = Instant::now();
    drop(child.stdin.take());
    assert_eq!(child.wait().unwrap().signal(), Some(9));
    // Its child could say more until it has ended too.
    said.read_to_string(&mut line).unwrap();
    assert!(start.elapsed() < Duration::from_secs(30), "its child went on: {line}");
}
