//! `serve`: posts arrive, a worker moderates them, and a browser shows it.

use crate::pipeline::{App, Moderation, Post, moderate};
use flujo::engine::{RunFilter, RunId};
use flujo::prelude::*;
use flujo_examples::args::{Arg, Args, BadArgs};
use flujo_examples::signals::told_to_end;
use flujo_server::{Live, Server};
use std::collections::BTreeSet;
use std::error::Error;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;
use tokio::sync::watch;

/// The options of `serve`.
pub struct Options {
    address: SocketAddr,
    /// The time between two posts.
    pace: Duration,
}

impl Options {
    pub fn from_words(words: &[String]) -> Result<Self, BadArgs> {
        let mut args = Args::new(words.iter().cloned());
        let mut options =
            Self { address: SocketAddr::from(([127, 0, 0, 1], 8080)), pace: Duration::from_millis(600) };
        while let Some(arg) = args.next_arg()? {
            match arg {
                Arg::Option(option) if option == "--address" => {
                    options.address = read(&args.value("--address")?, "--address", "127.0.0.1:8080")?;
                }
                Arg::Option(option) if option == "--pace" => {
                    options.pace = Duration::from_millis(read(&args.value("--pace")?, "--pace", "600")?);
                }
                Arg::Option(word) | Arg::Word(word) => {
                    return Err(BadArgs::new(format!(
                        "`serve` takes --address and --pace; what is `{word}`?"
                    )));
                }
            }
        }
        Ok(options)
    }
}

fn read<T: FromStr>(given: &str, option: &str, example: &str) -> Result<T, BadArgs> {
    given
        .parse()
        .map_err(|_| BadArgs::new(format!("{option} takes a value such as {example}, and got `{given}`")))
}

/// Serves until the process is told to end. Whatever a crash left behind goes on.
pub async fn serve(
    flujo: Flujo<App>,
    live: Live,
    posts: Vec<Post>,
    Options { address, pace }: Options,
) -> Result<(), Box<dyn Error>> {
    let server = Server::new(flujo.clone()).live(live).button(
        "Crash",
        "Kill this process, as a power cut would? Start it again with the same command: every run goes on where it was.",
        || async {
            // Once the page is on its way, so that the browser stays on it.
            tokio::spawn(async {
                tokio::time::sleep(Duration::from_millis(200)).await;
                std::process::abort();
            });
        },
    );
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .map_err(|error| format!("{address} cannot be listened at: {error}; give another `--address`"))?;
    writeln!(io::stdout(), "http://{}", listener.local_addr()?)?;
    let (end, ends) = watch::channel(());
    let ended = |mut ends: watch::Receiver<()>| async move { _ = ends.changed().await };
    let worker = tokio::spawn(flujo.worker().until(ended(ends.clone())));
    let arriving = tokio::spawn(arrive(flujo, posts, pace));
    let until = async {
        _ = told_to_end().await;
        _ = end.send(());
    };
    server.serve_on(listener, until).await?;
    arriving.abort();
    worker.await??;
    Ok(())
}

/// Starts a run for each post that has none, one after the other. The worker goes on with the others.
async fn arrive(flujo: Flujo<App>, posts: Vec<Post>, pace: Duration) -> Result<(), flujo::Error> {
    let known = flujo.list(&RunFilter::default()).await?;
    let known: BTreeSet<_> = known.into_iter().map(|run| run.id).collect();
    for post in posts {
        let id = RunId::from(format!("post-{}", post.id));
        if known.contains(&id) {
            continue;
        }
        let run = flujo.run(moderate(post.clone())).id(id).context(Moderation::default());
        // What comes of it is on the page.
        drop(run.label("author", post.author).by("feed").start());
        tokio::time::sleep(pace).await;
    }
    Ok(())
}
