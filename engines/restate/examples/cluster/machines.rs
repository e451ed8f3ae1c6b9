//! A cluster on one machine: a server, workers, and the load balancer in front of the workers.

use flujo_restate::Restate;
use std::error::Error;
use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// The server that `npm` installs, or the one that is named. It is called directly, so that the process is its own.
pub(crate) fn program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("RESTATE_SERVER") {
        return Some(named.into());
    }
    let system = if cfg!(target_os = "macos") { "darwin" } else { "linux" };
    let processor = if cfg!(target_arch = "aarch64") { "arm64" } else { "x64" };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/restate/node_modules/@restatedev");
    let program = folder.join(format!("restate-server-{system}-{processor}")).join("bin/restate-server");
    Some(program).filter(|program| program.exists())
}

/// Ports of this machine that are free now.
pub(crate) fn free_ports<const N: usize>() -> Result<[SocketAddr; N], Box<dyn Error>> {
    // All are open before the first one is closed, so that they differ.
    let open: Vec<_> = (0..N).map(|_| TcpListener::bind("127.0.0.1:0")).collect::<Result<_, _>>()?;
    let addresses: Vec<_> = open.iter().map(TcpListener::local_addr).collect::<Result<_, _>>()?;
    addresses.try_into().map_err(|_| "there are not enough ports".into())
}

/// A process that is killed when it is dropped.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server, with a folder of its own.
pub(crate) struct Server {
    process: Option<Process>,
    pub(crate) folder: PathBuf,
    pub(crate) ingress: String,
    pub(crate) admin: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process = None;
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Server {
    pub(crate) async fn start(program: &Path) -> Result<Self, Box<dyn Error>> {
        let folder = std::env::temp_dir().join(format!("flujo-cluster-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let [node, ingress, admin] = free_ports()?;
        let (at_ingress, at_admin) = (format!("http://{ingress}"), format!("http://{admin}"));
        let mut server = Self { process: None, folder, ingress: at_ingress, admin: at_admin };
        let log = server.folder.join("server.log");
        let file = File::create(&log)?;
        let process = Command::new(program)
            .arg("--no-logo")
            .env("RESTATE_DISABLE_TELEMETRY", "true")
            .env("RESTATE_BASE_DIR", server.folder.join("data"))
            .env("RESTATE_NODE_NAME", "cluster")
            .env("RESTATE_LISTEN_MODE", "tcp")
            .env("RESTATE_BIND_ADDRESS", node.to_string())
            .env("RESTATE_ADVERTISED_ADDRESS", format!("http://{node}"))
            .env("RESTATE_INGRESS__BIND_ADDRESS", ingress.to_string())
            .env("RESTATE_ADMIN__BIND_ADDRESS", admin.to_string())
            .env("RESTATE_ROCKSDB_TOTAL_MEMORY_SIZE", "256MB")
            .env("RESTATE_DEFAULT_NUM_PARTITIONS", "4")
            // It fills a connection before it opens another one, and the balancer gives a connection to one worker.
            .env("RESTATE_WORKER__INVOKER__HTTP2_STREAMS_PER_CONNECTION_LIMIT", "8")
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .map_err(|e| format!("{} does not start: {e}", program.display()))?;
        let process = server.process.insert(Process(process));
        let began = Instant::now();
        let engine = Restate::connect(&server.ingress, &server.admin)?;
        while let Err(error) = engine.health().await {
            let ended = process.0.try_wait()?;
            if ended.is_some() || began.elapsed() > Duration::from_secs(60) {
                let said = std::fs::read_to_string(&log)?;
                let said: Vec<_> = said.lines().rev().take(5).collect();
                let said: String = said.into_iter().rev().flat_map(|line| ["\n", line]).collect();
                return Err(
                    format!("the server does not become ready: {error}. The end of its log:{said}").into()
                );
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(server)
    }
}

/// A worker: this program, as a process of its own.
pub(crate) struct Worker(Process);

impl Worker {
    pub(crate) fn start(arguments: &[&str]) -> Result<Self, Box<dyn Error>> {
        let this = std::env::current_exe()?;
        let child = Command::new(this).arg("worker").args(arguments).stdin(Stdio::null()).spawn()?;
        Ok(Self(Process(child)))
    }

    /// Kills the worker as a crash does, with SIGKILL.
    pub(crate) fn kill(self) {
        drop(self.0);
    }
}

/// Waits until every one of these addresses is listened at.
pub(crate) async fn are_there(addresses: &[SocketAddr]) -> Result<(), Box<dyn Error>> {
    let began = Instant::now();
    for address in addresses {
        while let Err(error) = TcpStream::connect(address).await {
            if began.elapsed() > Duration::from_secs(60) {
                return Err(format!("no worker listens at {address}: {error}").into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    Ok(())
}

/// Gives connections to the workers by turns, and leaves out who is dead. That is the least that a balancer does: one of
/// HTTP/2 gives each request to the next worker, and not each connection.
pub(crate) async fn balance(listener: tokio::net::TcpListener, workers: Vec<SocketAddr>) {
    let mut turns = (0..workers.len()).cycle();
    while let Ok((mut from, _)) = listener.accept().await {
        for turn in turns.by_ref().take(workers.len()) {
            let Some(worker) = workers.get(turn) else { break };
            if let Ok(mut to) = TcpStream::connect(worker).await {
                tokio::spawn(async move { tokio::io::copy_bidirectional(&mut from, &mut to).await });
                break;
            }
        }
    }
}
