//! The grammar of the command line. Its comments are what `--help` says.

mod by;
mod filter;
mod fork;
mod graph;
mod limit;
mod serve;
mod show;
mod start;
mod usage;
mod validate;

pub(crate) use by::Caller;
pub(crate) use filter::ListArgs;
pub(crate) use fork::ForkArgs;
pub(crate) use graph::GraphArgs;
pub(crate) use limit::LimitArgs;
pub(crate) use serve::ServeArgs;
pub(crate) use show::{CompareArgs, ExportArgs, ShowArgs, WatchArgs};
pub(crate) use start::StartArgs;
pub(crate) use usage::{UsageArgs, UsageBy};
pub(crate) use validate::{ValidateArgs, ValidateFormat};

use crate::text::time;
use clap::{Args, Parser, Subcommand};
use std::time::Duration;

/// Looks at durable runs, answers their questions, and operates them.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true, after_help = EXITS)]
pub(crate) struct Binary {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Looks at the runs in a database or of a server, answers their questions, and operates them. No code is needed.
#[cfg(feature = "sqlite")]
#[derive(Debug, Parser)]
#[command(name = "flujo", version, arg_required_else_help = true, after_help = EXITS)]
pub(crate) struct Installed {
    /// The file of the runs
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) db: Option<String>,
    /// The address of a server that has the runs, such as `http://127.0.0.1:8080`
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) server: Option<String>,
    /// The variable that has the token for the server [default: `FLUJO_TOKEN`]
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) token_env: Option<String>,
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXITS: &str = "Exit codes: 0 ok, 1 failed, 2 usage, 3 nothing found, 4 findings, 130 interrupted";

#[derive(Clone, Debug, Args)]
pub(crate) struct Common {
    /// Answer with one JSON value
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Command {
    /// List the pipelines, with their inputs and bounds
    Pipelines,
    /// Start a run of a pipeline
    Start(StartArgs),
    /// List runs
    List(ListArgs),
    /// Show a run, or one of its nodes
    Show(ShowArgs),
    /// Compare two runs, node by node
    Compare(CompareArgs),
    /// Follow a run until it ends, or all runs
    Watch(WatchArgs),
    /// List open questions, oldest first
    Questions(QuestionsArgs),
    /// Answer a question
    Reply(ReplyArgs),
    /// End a run at its next command, for good
    Cancel(ChangeArgs),
    /// Continue a failed run at the node that failed, and wait
    Retry(ChangeArgs),
    /// Start a run from the middle of an ended one: what is in front of a node is taken over
    Fork(ForkArgs),
    /// Check that the records of a run fit the code of today
    Replay(RunArg),
    /// Print everything recorded of a run, as JSON
    Export(ExportArgs),
    /// Delete runs that ended long ago
    Prune(PruneArgs),
    /// Show what was used: calls, tokens and money
    Usage(UsageArgs),
    /// Work on runs until Ctrl-C: those of processes that are gone, and those whose reply has arrived
    Worker(WorkerArgs),
    /// Serve the pages and the HTTP interface until Ctrl-C
    Serve(ServeArgs),
    /// Draw a pipeline
    Graph(GraphArgs),
    /// Check the pipelines for mistakes that the compiler does not see
    Validate(ValidateArgs),
    /// Explain a message of the compiler by its name, or list the names
    Explain(ExplainArgs),
    /// Print the completions of a shell
    Completions(CompletionsArgs),
}

/// A run.
#[derive(Clone, Debug, Args)]
pub(crate) struct RunArg {
    /// The id of the run
    pub(crate) id: String,
}

/// A run that is changed.
#[derive(Clone, Debug, Args)]
pub(crate) struct ChangeArgs {
    /// The id of the run
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) caller: Caller,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct QuestionsArgs {
    /// Only those of this run
    pub(crate) id: Option<String>,
    /// Only those of runs of this pipeline
    #[arg(long, value_name = "NAME", conflicts_with = "id")]
    pub(crate) pipeline: Option<String>,
    /// At most this many
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) limit: usize,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ReplyArgs {
    /// The id of the run
    pub(crate) id: String,
    /// The path of the question, as `questions` shows it
    pub(crate) path: String,
    /// The reply: JSON, `@FILE`, or `-` for the input
    #[arg(value_name = "JSON", allow_hyphen_values = true)]
    pub(crate) value: String,
    #[command(flatten)]
    pub(crate) caller: Caller,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct PruneArgs {
    /// Those that ended longer ago than this, such as `30d`
    #[arg(long, value_name = "AGE", value_parser = time::duration)]
    pub(crate) older_than: Duration,
    #[command(flatten)]
    pub(crate) caller: Caller,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct WorkerArgs {
    /// How many runs are worked on at once [default: 64]
    #[arg(long, value_name = "N")]
    pub(crate) together: Option<usize>,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The name that ends the message, such as `join_conflict`
    pub(crate) name: Option<String>,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct CompletionsArgs {
    pub(crate) shell: clap_complete::Shell,
}

/// Reads `NAME=VALUE`.
pub(crate) fn label(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("give two words with `=` between them, such as `tenant=acme`".to_owned()),
    }
}
