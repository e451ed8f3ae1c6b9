use super::{Caller, LimitArgs, label};
use clap::Args;

#[derive(Clone, Debug, Args)]
pub(crate) struct ForkArgs {
    /// The id of the run, which has ended
    pub(crate) id: String,
    /// The first node that is executed again: a path, as the run's nodes have it, or that of the node that failed
    #[arg(long, value_name = "PATH")]
    pub(crate) from: String,
    /// The id of the new run [default: one made of the id]
    #[arg(long = "id", value_name = "ID")]
    pub(crate) new_id: Option<String>,
    /// Another input, as for `start`
    #[arg(long, value_name = "JSON", allow_hyphen_values = true)]
    pub(crate) input: Option<String>,
    /// Another model for a node and all within it; may be given several times
    #[arg(long = "model", value_name = "PATH=MODEL", value_parser = label)]
    pub(crate) models: Vec<(String, String)>,
    #[command(flatten)]
    pub(crate) limit: LimitArgs,
    /// Wait until the new run has ended or asks
    #[arg(long)]
    pub(crate) wait: bool,
    #[command(flatten)]
    pub(crate) caller: Caller,
}
