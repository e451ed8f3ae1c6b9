//! A server and workers of a test: each on ports of its own, with a folder of its own, and ended with it.

use crate::balance::balance;
pub(crate) use crate::installed::wait_for;
use crate::installed::{Installed, Process};
use flujo::Flujo;
use flujo::engine::RunView;
use flujo::run::{Control, StartRun};
use flujo_restate::Restate;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) struct Server {
    installed: Installed,
    /// The nodes of its cluster beside the one that tests and workers talk to.
    others: Vec<Installed>,
    workers: Vec<Worker>,
    /// The processes of workers that were killed.
    killed: Vec<String>,
}

pub(crate) struct Worker {
    process: Process,
    pub(crate) address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // They would look for their server.
        self.workers.clear();
    }
}

/// A server without workers; `None`, and said, where none is installed.
pub(crate) async fn server() -> Option<Server> {
    server_with(&[]).await
}

/// A server with settings of its own.
pub(crate) async fn server_with(settings: &[(&str, &str)]) -> Option<Server> {
    let installed = Installed::start_with(settings).await?;
    Some(Server { installed, others: Vec::new(), workers: Vec::new(), killed: Vec::new() })
}

/// A cluster.
pub(crate) async fn cluster(n: usize) -> Option<Server> {
    let mut nodes = Installed::cluster(n).await?;
    let installed = nodes.remove(0);
    Some(Server { installed, others: nodes, workers: Vec::new(), killed: Vec::new() })
}

impl Server {
    pub(crate) fn engine(&self) -> Restate {
        self.installed.engine()
    }

    pub(crate) fn flujo(&self) -> Flujo {
        crate::pipelines::all(self.engine())
    }

    /// The address of its ingress.
    pub(crate) fn ingress(&self) -> String {
        self.installed.ingress()
    }

    /// What the admin interface of the server answers.
    pub(crate) async fn admin(&self, path: &str) -> serde_json::Value {
        self.asked(hyper::Request::get(format!("{}{path}", self.installed.admin())), String::new()).await
    }

    /// The rows of an SQL query.
    pub(crate) async fn query(&self, sql: &str) -> serde_json::Value {
        let request = hyper::Request::post(format!("{}/query", self.installed.admin()))
            .header("content-type", "application/json");
        self.asked(request, serde_json::json!({ "query": sql }).to_string()).await["rows"].take()
    }

    async fn asked(&self, request: hyper::http::request::Builder, body: String) -> serde_json::Value {
        let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
        let request = request.header("accept", "application/json").body(Full::from(body)).unwrap();
        let answer = client.request(request).await.unwrap().into_body().collect().await.unwrap();
        serde_json::from_slice(&answer.to_bytes()).unwrap()
    }

    /// Waits until no invocation is under way.
    pub(crate) async fn ends_everything(&self) {
        let sql = "SELECT target FROM sys_invocation WHERE status <> 'completed'";
        wait_for("the end of all invocations", async || self.query(sql).await.as_array().unwrap().is_empty())
            .await;
    }

    /// Starts the server again.
    pub(crate) async fn start(&mut self) {
        self.installed.restart().await;
    }

    /// Kills the server as a crash does.
    pub(crate) fn kill(&mut self) {
        self.installed.kill();
    }

    /// Kills a node that only other nodes talk to.
    pub(crate) fn kill_other(&mut self, n: usize) {
        self.others[n].kill();
    }

    /// Starts such a node again.
    pub(crate) async fn start_other(&mut self, n: usize) {
        self.others[n].restart().await;
    }

    /// The log that steps write, outside of everything.
    fn log(&self) -> PathBuf {
        self.installed.folder.join("steps.log")
    }

    /// Starts a worker, and tells the server of it.
    pub(crate) async fn worker(&mut self) -> usize {
        self.worker_with(&[]).await
    }

    /// Starts a worker with settings of its own, and tells the server of it.
    pub(crate) async fn worker_with(&mut self, settings: &[(&str, &str)]) -> usize {
        let worker = self.process_with("127.0.0.1:0", settings);
        self.engine().register(&worker.address).await.unwrap();
        self.workers.push(worker);
        self.workers.len() - 1
    }

    fn process_at(&self, address: &str) -> Worker {
        self.process_with(address, &[])
    }

    fn process_with(&self, address: &str, settings: &[(&str, &str)]) -> Worker {
        let test = std::env::current_exe().unwrap();
        let program = test.parent().and_then(Path::parent).unwrap().join("examples/restate_worker");
        let mut child = Command::new(program)
            .args([self.installed.ingress(), self.installed.admin()])
            .env("FLUJO_LOG", self.log())
            .env("FLUJO_ADDRESS", address)
            .envs(settings.iter().copied())
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

    /// Starts a worker of another build, at an address.
    pub(crate) fn changed_worker(&mut self, address: &str) -> String {
        self.worker_of(address, "changed")
    }

    /// Starts a worker of a build, at an address, and does not tell the server of it.
    pub(crate) fn worker_of(&mut self, address: &str, build: &str) -> String {
        let address = address.trim_start_matches("http://");
        let worker = self.process_with(address, &[("FLUJO_BUILD", build)]);
        let address = worker.address.clone();
        self.workers.push(worker);
        address
    }

    /// Kills a worker, and starts one of another build where it was.
    pub(crate) fn replace(&mut self, worker: usize, build: &str) {
        self.replace_with(worker, &[("FLUJO_BUILD", build)]);
    }

    /// Kills a worker, and starts one with settings of its own where it was.
    pub(crate) fn replace_with(&mut self, worker: usize, settings: &[(&str, &str)]) {
        self.kill_worker(worker);
        let address = self.workers[worker].address.trim_start_matches("http://").to_owned();
        assert!(address.parse::<SocketAddr>().is_ok());
        self.workers[worker] = self.process_with(&address, settings);
    }

    pub(crate) fn address(&self, worker: usize) -> &str {
        &self.workers[worker].address
    }

    /// The number of a worker's process, as it writes it.
    pub(crate) fn process(&self, worker: usize) -> String {
        self.workers[worker].process.0.id().to_string()
    }

    /// Kills a worker for good.
    pub(crate) fn kill_worker(&mut self, worker: usize) {
        self.killed.push(self.process(worker));
        self.workers[worker].process.kill();
    }

    /// Says to steps that fail that they need not.
    pub(crate) fn pay(&self) {
        std::fs::write(format!("{}.paid", self.log().display()), "").unwrap();
    }

    /// Kills a worker, and starts it again where it was.
    pub(crate) fn restart(&mut self, worker: usize) {
        self.replace_with(worker, &[]);
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

    /// The steps of a run that were done again although they were finished. One whose worker was killed between its end and its
    /// record is not finished: it ends in a process that was killed, and once more in another one.
    pub(crate) fn done_twice(&self, run: &str) -> Vec<String> {
        let mut by_path: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in self.lines() {
            if let ["ends", of, path, process] = line.split(' ').collect::<Vec<_>>().as_slice()
                && *of == run
            {
                by_path.entry((*path).to_owned()).or_default().push((*process).to_owned());
            }
        }
        let is_twice = |processes: &Vec<String>| {
            let lost = processes.split_last().map(|(_, lost)| lost).unwrap_or_default();
            lost.iter().any(|one| !self.killed.contains(one))
                || processes.iter().collect::<BTreeSet<_>>().len() < processes.len()
        };
        by_path
            .into_iter()
            .filter(|(_, by)| is_twice(by))
            .map(|(path, by)| format!("{path}: {by:?}"))
            .collect()
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
