//! A server and workers of a test: each on ports of its own, with a folder of its own, and ended with it.

use flujo::Flujo;
use flujo::engine::RunView;
use flujo::run::{Control, StartRun};
use flujo_restate::Restate;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

static FOLDERS: AtomicUsize = AtomicUsize::new(0);

/// A port that nobody listens on.
fn free() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).map(|at| at.port()).unwrap()
}

/// The program of the server, which `.ci/run restate` installs.
fn program() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/restate/node_modules/@restatedev");
    let name = match std::env::consts::ARCH {
        "aarch64" => "restate-server-linux-arm64",
        _ => "restate-server-linux-x64",
    };
    Some(folder.join(name).join("bin/restate-server")).filter(|program| program.exists())
}

/// Kills a process when the test is over.
struct Process(Child);

impl Process {
    fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

pub(crate) struct Server {
    process: Option<Process>,
    folder: PathBuf,
    ports: [u16; 3],
    workers: Vec<Worker>,
}

pub(crate) struct Worker {
    process: Process,
    pub(crate) address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.workers.clear();
        self.process = None;
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A server without workers; `None`, and said, where none is installed.
pub(crate) async fn server() -> Option<Server> {
    if program().is_none() {
        assert!(
            std::env::var("FLUJO_RESTATE").is_err(),
            "no Restate server in tests/restate: npm ci --ignore-scripts"
        );
        eprintln!("SKIPPED: no Restate server is installed, `.ci/run restate` does that");
        return None;
    }
    let n = FOLDERS.fetch_add(1, Ordering::SeqCst);
    let folder = std::env::temp_dir().join(format!("flujo-restate-{}-{n}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut server = Server { process: None, folder, ports: [free(), free(), free()], workers: Vec::new() };
    server.start().await;
    Some(server)
}

impl Server {
    pub(crate) fn ingress(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports[1])
    }

    pub(crate) fn admin(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports[2])
    }

    pub(crate) fn engine(&self) -> Restate {
        Restate::connect(&self.ingress(), &self.admin()).unwrap()
    }

    pub(crate) fn flujo(&self) -> Flujo {
        crate::pipelines::all(self.engine())
    }

    pub(crate) async fn start(&mut self) {
        let [node, ingress, admin] = self.ports;
        let log = std::fs::File::create(self.folder.join("server.log")).unwrap();
        let child = Command::new(program().unwrap())
            .arg("--no-logo")
            .env("RESTATE_DISABLE_TELEMETRY", "true")
            .env("RESTATE_BASE_DIR", self.folder.join("data"))
            .env("RESTATE_NODE_NAME", "test")
            .env("RESTATE_LISTEN_MODE", "tcp")
            .env("RESTATE_BIND_ADDRESS", format!("127.0.0.1:{node}"))
            .env("RESTATE_ADVERTISED_ADDRESS", format!("http://127.0.0.1:{node}"))
            .env("RESTATE_INGRESS__BIND_ADDRESS", format!("127.0.0.1:{ingress}"))
            .env("RESTATE_ADMIN__BIND_ADDRESS", format!("127.0.0.1:{admin}"))
            .env("RESTATE_ROCKSDB_TOTAL_MEMORY_SIZE", "256MB")
            .env("RESTATE_DEFAULT_NUM_PARTITIONS", "4")
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        self.process = Some(Process(child));
        let engine = self.engine();
        wait_for("the server", async || engine.health().await.is_ok()).await;
    }

    /// Kills the server as a crash does.
    pub(crate) fn kill(&mut self) {
        self.process = None;
    }

    /// The log that steps write, outside of everything.
    fn log(&self) -> PathBuf {
        self.folder.join("steps.log")
    }

    /// Starts a worker, and tells the server of it.
    pub(crate) async fn worker(&mut self) -> usize {
        let worker = self.process_at("127.0.0.1:0");
        self.engine().register(&worker.address).await.unwrap();
        self.workers.push(worker);
        self.workers.len() - 1
    }

    fn process_at(&self, address: &str) -> Worker {
        let test = std::env::current_exe().unwrap();
        let program = test.parent().and_then(Path::parent).unwrap().join("examples/restate_worker");
        let mut child = Command::new(program)
            .args([self.ingress(), self.admin()])
            .env("FLUJO_LOG", self.log())
            .env("FLUJO_ADDRESS", address)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Worker { process: Process(child), address: line.trim().to_owned() }
    }

    /// Starts workers behind one address that gives connections to them by turns, as a balancer does.
    pub(crate) async fn workers(&mut self, n: usize) {
        for _ in 0..n {
            self.workers.push(self.process_at("127.0.0.1:0"));
        }
        let addresses: Vec<_> = self
            .workers
            .iter()
            .map(|worker| worker.address.trim_start_matches("http://").to_owned())
            .collect();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(balance(listener, addresses));
        self.engine().register(&address).await.unwrap();
    }

    /// Kills a worker for good; returns the number of its process.
    pub(crate) fn kill_worker(&mut self, worker: usize) -> String {
        self.workers[worker].process.kill();
        self.workers[worker].process.0.id().to_string()
    }

    /// Says to steps that fail that they need not.
    pub(crate) fn pay(&self) {
        std::fs::write(format!("{}.paid", self.log().display()), "").unwrap();
    }

    /// Kills a worker, and starts it again where it was.
    pub(crate) fn restart(&mut self, worker: usize) {
        let address = self.workers[worker].address.trim_start_matches("http://").to_owned();
        assert!(address.parse::<SocketAddr>().is_ok());
        self.workers[worker].process.kill();
        self.workers[worker] = self.process_at(&address);
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.log()).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Waits until a step of this path has begun, or ended.
    pub(crate) async fn wait_for_line(&self, start: &str) {
        wait_for(start, async || self.lines().iter().any(|line| line.starts_with(start))).await;
    }

    /// How often each step of a run was begun, by its path.
    pub(crate) fn begun(&self, run: &str) -> BTreeMap<String, usize> {
        self.count(&format!("begins {run} "))
    }

    /// How often each step of a run came to its end, by its path.
    pub(crate) fn ended(&self, run: &str) -> BTreeMap<String, usize> {
        self.count(&format!("ends {run} "))
    }

    fn count(&self, start: &str) -> BTreeMap<String, usize> {
        let mut paths = BTreeMap::new();
        for line in self.lines() {
            if let Some(path) = line.strip_prefix(start).and_then(|rest| rest.split(' ').next()) {
                *paths.entry(path.to_owned()).or_default() += 1;
            }
        }
        paths
    }
}

async fn balance(listener: tokio::net::TcpListener, addresses: Vec<String>) {
    let mut turn = 0;
    while let Ok((mut from, _)) = listener.accept().await {
        let mut to = None;
        // Who is dead is left out.
        for _ in 0..addresses.len() {
            turn += 1;
            if let Ok(stream) = tokio::net::TcpStream::connect(&addresses[turn % addresses.len()]).await {
                to = Some(stream);
                break;
            }
        }
        if let Some(mut to) = to {
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut from, &mut to).await });
        }
    }
}

/// Starts a run by the name of its pipeline.
pub(crate) async fn start(flujo: &Flujo, pipeline: &str, id: &str, input: serde_json::Value) {
    let input = flujo::codec::Json::encode(&input).unwrap();
    Control::start(flujo, &StartRun::new(pipeline, id, input)).await.unwrap();
}

/// Waits until a run is as it should be.
pub(crate) async fn until(flujo: &Flujo, id: &str, is: impl Fn(&RunView) -> bool) -> RunView {
    let began = Instant::now();
    loop {
        if let Ok(view) = flujo.inspect(id).await {
            if is(&view) {
                return view;
            }
            assert!(began.elapsed() < Duration::from_secs(60), "{view:#?}");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub(crate) async fn wait_for(what: &str, is: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !is().await {
        assert!(began.elapsed() < Duration::from_secs(60), "{what} takes longer than a minute");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
