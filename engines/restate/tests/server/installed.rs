//! A server that `.ci/run restate` has installed: on ports and with a folder of its own, and ended with its owner.

use flujo_restate::Restate;
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// That there is no server is said once.
static SKIPPED: Once = Once::new();

static FOLDERS: AtomicUsize = AtomicUsize::new(0);

/// A port that is free.
fn free() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).map(|at| at.port()).unwrap()
}

/// The program, called directly: its process is the server's.
fn program() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/restate/node_modules/@restatedev");
    let name = match std::env::consts::ARCH {
        "aarch64" => "restate-server-linux-arm64",
        _ => "restate-server-linux-x64",
    };
    Some(folder.join(name).join("bin/restate-server")).filter(|program| program.exists())
}

/// A process that is killed when it is dropped.
pub(crate) struct Process(pub(crate) Child);

impl Process {
    pub(crate) fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

pub(crate) struct Installed {
    pub(crate) process: Option<Process>,
    pub(crate) folder: PathBuf,
    ports: [u16; 3],
    /// What is not as with other servers of tests, as environment variables.
    settings: Vec<(String, String)>,
}

impl Drop for Installed {
    fn drop(&mut self) {
        self.process = None;
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Installed {
    /// Starts a server with settings of its own; `None`, and said, where none is installed.
    pub(crate) async fn start_with(settings: &[(&str, &str)]) -> Option<Self> {
        let mut server = Self::prepare()?;
        server.settings = settings.iter().map(|(name, value)| set(name, value)).collect();
        server.restart().await;
        Some(server)
    }

    /// Starts the nodes of a cluster, which keep everything on two of them.
    pub(crate) async fn cluster(n: usize) -> Option<Vec<Self>> {
        let mut nodes: Vec<_> = (0..n).map_while(|_| Self::prepare()).collect();
        if nodes.is_empty() {
            return None;
        }
        let addresses: Vec<_> =
            nodes.iter().map(|node| format!("\"http://127.0.0.1:{}\"", node.ports[0])).collect();
        let addresses = format!("[{}]", addresses.join(","));
        for (i, node) in nodes.iter_mut().enumerate() {
            node.settings = vec![
                set("NODE_NAME", &format!("n{i}")),
                set("CLUSTER_NAME", "test"),
                set("METADATA_CLIENT__ADDRESSES", &addresses),
                // The first one makes the cluster, and the others join it.
                set("AUTO_PROVISION", if i == 0 { "true" } else { "false" }),
                set("DEFAULT_REPLICATION", "2"),
                // Nodes of a network find out more slowly who is there and who is dead.
                set("GOSSIP_TICK_INTERVAL", "50ms"),
                set("GOSSIP_SUSPECT_INTERVAL", "500ms"),
                set("GOSSIP_LONELINESS_THRESHOLD", "10"),
                set("ADMIN__HEARTBEAT_INTERVAL", "500ms"),
                // So many that each node leads some.
                set("DEFAULT_NUM_PARTITIONS", "6"),
            ];
            node.spawn();
        }
        for node in &nodes {
            node.wait_until_ready().await;
        }
        Some(nodes)
    }

    fn prepare() -> Option<Self> {
        if program().is_none() {
            let required = std::env::var("FLUJO_RESTATE").is_ok();
            assert!(!required, "no Restate server in tests/restate: npm ci --ignore-scripts");
            // Not by a macro: what those print of a test that passes is not shown.
            SKIPPED.call_once(|| {
                let skipped = "SKIPPED: no Restate server is installed, so no test speaks to one: `.ci/run restate` does both";
                let _ = writeln!(std::io::stderr(), "{skipped}");
            });
            return None;
        }
        let n = FOLDERS.fetch_add(1, Ordering::SeqCst);
        let folder = std::env::temp_dir().join(format!("flujo-restate-{}-{n}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Some(Self { process: None, folder, ports: [free(), free(), free()], settings: Vec::new() })
    }

    pub(crate) fn ingress(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports[1])
    }

    pub(crate) fn admin(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports[2])
    }

    pub(crate) fn engine(&self) -> Restate {
        Restate::connect(&self.ingress(), &self.admin()).unwrap()
    }

    /// Kills the server as a crash does.
    pub(crate) fn kill(&mut self) {
        self.process = None;
    }

    /// Starts the server on what it had.
    pub(crate) async fn restart(&mut self) {
        self.spawn();
        self.wait_until_ready().await;
    }

    fn spawn(&mut self) {
        let [node, ingress, admin] = self.ports;
        let log = std::fs::File::create(self.folder.join("server.log")).unwrap();
        let child = Command::new(program().unwrap())
            .arg("--no-logo")
            .env("RESTATE_DISABLE_TELEMETRY", "true")
            // With it, the server spends nearly all of its time on the backtraces of errors that it then deals with.
            .env("RUST_BACKTRACE", "0")
            .env("RESTATE_BASE_DIR", self.folder.join("data"))
            .env("RESTATE_NODE_NAME", "test")
            .env("RESTATE_LISTEN_MODE", "tcp")
            .env("RESTATE_BIND_ADDRESS", format!("127.0.0.1:{node}"))
            .env("RESTATE_ADVERTISED_ADDRESS", format!("http://127.0.0.1:{node}"))
            .env("RESTATE_INGRESS__BIND_ADDRESS", format!("127.0.0.1:{ingress}"))
            .env("RESTATE_ADMIN__BIND_ADDRESS", format!("127.0.0.1:{admin}"))
            .env("RESTATE_ROCKSDB_TOTAL_MEMORY_SIZE", "256MB")
            .env("RESTATE_DEFAULT_NUM_PARTITIONS", "4")
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        self.process = Some(Process(child));
    }

    async fn wait_until_ready(&self) {
        let engine = self.engine();
        wait_for("the server", async || engine.health().await.is_ok()).await;
    }
}

/// The environment variable of a setting.
fn set(name: &str, value: &str) -> (String, String) {
    (format!("RESTATE_{name}"), value.to_owned())
}

pub(crate) async fn wait_for(what: &str, is: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !is().await {
        assert!(began.elapsed() < Duration::from_secs(60), "{what} takes longer than a minute");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
