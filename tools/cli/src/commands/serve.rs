//! `serve`.

use super::worker::next;
use crate::args::ServeArgs;
use crate::console::Console;
use crate::exit::Exit;
use crate::host::Host;
use crate::signals::Interrupts;
use crate::stop::{CliResult, Stop};
use crate::tokens::{self, TokenEntry};
use flujo_server::Server;
use serde::Serialize;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

#[derive(Serialize)]
struct Answer {
    address: String,
}

/// The variable that lists the callers where no file does.
const TOKENS: &str = "FLUJO_TOKENS";

pub(super) async fn execute(host: &Host, args: &ServeArgs, console: &mut Console<'_>) -> CliResult {
    let Some(control) = &host.control else {
        return Err(Stop::usage("`serve` needs the runs in this process"));
    };
    let known = known(args, console)?;
    // Settings of the program may have an authorizer, so that the server itself has to say what is missing.
    if !args.address.ip().to_canonical().is_loopback() && known.is_empty() && host.settings.is_empty() {
        let what = format!("everyone who reaches {} could change runs", args.address);
        let next = "list who may with `--token-file FILE`, or listen at 127.0.0.1 behind something that asks";
        return Err(Stop::usage(what).next(next));
    }
    let mut server = Server::of(control.clone());
    for (name, role, token) in known {
        server = server.token(name, role, token);
    }
    for host in &args.hosts {
        server = server.host(host);
    }
    for setting in &host.settings {
        server = setting(server);
    }
    let mut interrupts = console.signals.then(|| Interrupts::listen(true).ok()).flatten();
    let listener = TcpListener::bind(args.address).await.map_err(|error| {
        let what = format!("cannot listen at {}: {error}", args.address);
        Stop::failed(what).next("give another one: `--address 127.0.0.1:0` takes a free port")
    })?;
    let address = listener.local_addr().unwrap_or(args.address);
    let (stop, stops) = watch::channel(false);
    let until = |mut stops: watch::Receiver<bool>| async move { _ = stops.wait_for(|stop| *stop).await };
    let serving = server.serve_on(listener, until(stops.clone()));
    let (problems, mut heard) = mpsc::unbounded_channel();
    let working = host
        .worker
        .as_ref()
        .filter(|_| args.work || host.works)
        .map(|worker| worker(None, problems, Box::pin(until(stops))));
    let mut both = Box::pin(async {
        let serving = async { serving.await.map_err(Stop::usage) };
        let working = async {
            match working {
                Some(working) => working.await.map(drop).map_err(Stop::from),
                None => Ok(()),
            }
        };
        tokio::try_join!(serving, working).map(|_| Exit::Ok)
    });
    // What refuses to begin says so at once.
    tokio::select! {
        biased;
        done = &mut both => return done,
        () = tokio::task::yield_now() => {}
    }
    say(address, console)?;
    let mut is_stopping = false;
    loop {
        tokio::select! {
            biased;
            Some(problem) = heard.recv() => console.note(problem),
            done = &mut both => return done,
            () = next(&mut interrupts) => {
                if is_stopping {
                    return Ok(Exit::Interrupted);
                }
                console.note("stopping: what is under way has ten seconds; Ctrl-C again ends it at once");
                stop.send_replace(true);
                is_stopping = true;
            }
        }
    }
}

fn say(address: SocketAddr, console: &mut Console<'_>) -> CliResult<()> {
    let address = format!("http://{address}");
    if console.json {
        console.answer(&Answer { address })?;
    } else {
        console.line(format!("serving at {address}"))?;
    }
    console.flush()
}

/// Returns the callers that are told apart.
fn known(args: &ServeArgs, console: &Console<'_>) -> CliResult<Vec<TokenEntry>> {
    if let Some(path) = &args.token_file {
        let shown = format!("`{}`", path.display());
        let text = std::fs::read_to_string(path)
            .map_err(|error| Stop::usage(format_args!("the tokens cannot be read from {shown}: {error}")))?;
        return tokens::parse(&text, &shown);
    }
    match (console.variable)(TOKENS).filter(|text| !text.is_empty()) {
        Some(text) => tokens::parse(&text, &format!("the variable {TOKENS}")),
        None => Ok(Vec::new()),
    }
}
