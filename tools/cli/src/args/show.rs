use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Clone, Debug, Args)]
pub(crate) struct ShowArgs {
    /// The id of the run
    pub(crate) id: String,
    /// Show this node, attempt by attempt: a path, as the run's nodes have it
    #[arg(long, value_name = "PATH")]
    pub(crate) node: Option<String>,
    /// Show what the nodes were given; needs the binary with the pipeline
    #[arg(long)]
    pub(crate) inputs: bool,
    /// Show what was said to models and what they answered, where that is recorded
    #[arg(long)]
    pub(crate) messages: bool,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct WatchArgs {
    /// The id of the run; without it all runs are followed, a line for each change
    pub(crate) id: Option<String>,
    /// How long to wait between two looks, in milliseconds
    #[arg(long, value_name = "MS", default_value = "500", value_parser = millis)]
    pub(crate) every: Duration,
    /// Stop where the run waits for replies
    #[arg(long, requires = "id")]
    pub(crate) until_asked: bool,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct CompareArgs {
    /// The id of a run
    pub(crate) first: String,
    /// The id of the other run
    pub(crate) second: String,
}

fn millis(text: &str) -> Result<Duration, String> {
    let millis = text.parse().ok().filter(|millis| *millis > 0);
    millis.map(Duration::from_millis).ok_or_else(|| "give a number of milliseconds from 1".to_owned())
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ExportArgs {
    /// The id of the run
    pub(crate) id: String,
    /// Write to this file, which must not exist
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}
