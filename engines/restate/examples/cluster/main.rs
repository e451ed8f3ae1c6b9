//! Cluster: 200 runs on two workers, one of which is killed in the middle. Every run comes to its right result, and
//! what was finished is not done again.
//!
//! `cargo run -p flujo-restate --example cluster`
//!
//! It starts a Restate server on ports and with a folder of its own, and stops it at the end.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it tells a story")]

mod log;
mod machines;
mod shop;

use flujo::prelude::*;
use flujo_restate::Restate;
use futures_util::future::{join_all, try_join_all};
use log::{Done, Log};
use machines::{Server, Worker};
use shop::{ARMS, STEPS, Site, expected, order};
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

type Finished = Result<(), Box<dyn Error>>;

const RUNS: usize = 200;
const WORKERS: [&str; 2] = ["worker-1", "worker-2"];

const NO_SERVER: &str = "\
This example needs a Restate server, and there is none. Install the one that the tests use:

    cd tests/restate && npm ci --ignore-scripts

or name one that you have, of version 1.7 or newer: RESTATE_SERVER=/path/to/restate-server";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["worker", name, listen, behind, ingress, admin, log] => {
            work((ingress, admin), (name, Path::new(log)), (listen, behind)).await
        }
        [] => {
            let Some(program) = machines::program() else {
                eprintln!("{NO_SERVER}");
                return ExitCode::from(2);
            };
            // Whatever happens, what it has started is stopped when `demonstrate` is dropped.
            tokio::select! {
                done = demonstrate(&program) => done,
                _ = tokio::signal::ctrl_c() => Err("stopped".into()),
            }
        }
        _ => Err("this example takes no arguments".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The numbers of the orders.
fn numbers() -> impl Iterator<Item = u64> {
    (0..).take(RUNS)
}

/// The engine and its pipeline, for who starts runs and for who works on them.
fn flujo((ingress, admin): (&str, &str), (name, log): (&str, &Path)) -> Result<Flujo<Site>, Box<dyn Error>> {
    let engine = Restate::connect(ingress, admin)?;
    let site = Site { log: Log::open(log, name)? };
    Ok(Flujo::builder().engine(engine).resources(site).pipeline::<order>().build()?)
}

/// A worker. It is called through the balancer, so this is the address that it registers.
async fn work(server: (&str, &str), log: (&str, &Path), (listen, behind): (&str, &str)) -> Finished {
    let flujo = flujo(server, log)?;
    let stop = async { drop(tokio::signal::ctrl_c().await) };
    Ok(flujo_restate::serve(&flujo, listen).register(behind).until(stop).await?)
}

/// One run: until its question, which is answered, and until its end.
async fn run(flujo: &Flujo<Site>, number: u64) -> Result<String, flujo::Error> {
    let id = format!("order-{number}");
    let result = flujo.run(order(number)).id(id.as_str()).await;
    if result.questions().is_empty() {
        // It has failed.
        return result.into_output();
    }
    flujo.resume::<order>(id.as_str()).reply(true).by("Ada").await?.into_output()
}

async fn demonstrate(program: &Path) -> Finished {
    let server = Server::start(program).await?;
    let log = server.folder.join("steps.log");
    let flujo = flujo((&server.ingress, &server.admin), ("main", &log))?;

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let behind = format!("http://{}", listener.local_addr()?);
    let ports = machines::free_ports::<2>()?;
    let mut workers = Vec::new();
    for (name, port) in WORKERS.iter().zip(&ports) {
        let path = log.to_string_lossy();
        let arguments = [name, &*port.to_string(), &behind, &server.ingress, &server.admin, &path];
        workers.push(Worker::start(&arguments)?);
    }
    tokio::spawn(machines::balance(listener, ports.to_vec()));
    machines::are_there(&ports).await?;
    // The workers do this as well. Here it says that it is done.
    Restate::connect(&server.ingress, &server.admin)?.register(&behind).await?;
    println!("A Restate server is there, and two workers behind one address.");
    println!(
        "{RUNS} runs begin. Each has {STEPS} steps, {} of them in {ARMS} arms, and asks a question.",
        STEPS - 2
    );

    let runs = join_all(numbers().map(|number| run(&flujo, number)));
    let victim = workers.swap_remove(0);
    let killed = async {
        wait_for_work(&log).await?;
        victim.kill();
        println!("{} is killed.", WORKERS[0]);
        Ok::<_, Box<dyn Error>>(())
    };
    let began = Instant::now();
    let (results, killed) = tokio::join!(runs, killed);
    killed?;
    println!("All runs have ended, after {:.1} seconds.\n", began.elapsed().as_secs_f64());

    let mut right = 0;
    for (number, result) in numbers().zip(results) {
        match result {
            Ok(line) if line == expected(number) => right += 1,
            Ok(line) => println!("order-{number}: {line}, in place of {}", expected(number)),
            Err(error) => println!("order-{number}: {error}"),
        }
    }
    let views = try_join_all(numbers().map(|number| flujo.inspect(format!("order-{number}")))).await?;
    let done = Done::read(&log)?;
    println!("{}\n", done.table(&WORKERS, WORKERS[0]));
    let twice = match done.done_twice(&views) {
        0 => "no finished step was done twice".to_owned(),
        n => format!("{n} finished steps were done twice"),
    };
    let line = format!("{right} of {RUNS} results are right, {twice}");
    let recorded: usize = views.iter().map(|view| view.records.len()).sum();
    if right < RUNS || recorded != RUNS * STEPS || done.done_twice(&views) > 0 {
        return Err(format!("{line}, {recorded} steps are on record").into());
    }
    println!("{line}");
    Ok(())
}

/// Waits until a third of all steps has ended, and both workers have done some of them.
async fn wait_for_work(log: &Path) -> Finished {
    let began = Instant::now();
    loop {
        let done = Done::read(log)?;
        let ended = WORKERS.map(|who| done.ended_by(who));
        let all: usize = ended.iter().sum();
        if all * 3 >= RUNS * STEPS && ended.iter().all(|n| *n >= 100) {
            return Ok(());
        }
        if began.elapsed() > Duration::from_secs(60) {
            return Err(format!("the workers do too little to kill one of them: {ended:?} steps").into());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
