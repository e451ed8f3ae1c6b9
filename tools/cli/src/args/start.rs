use super::{Caller, LimitArgs, label};
use clap::Args;

#[derive(Clone, Debug, Args)]
pub(crate) struct StartArgs {
    /// The pipeline
    pub(crate) pipeline: String,
    /// The input: JSON, `@FILE`, or `-` for the input of this command
    ///
    /// A list of the pipeline's inputs in their order, or an object with their names. If there is one input, its value
    /// is enough, unless that is a list.
    #[arg(long, value_name = "JSON", allow_hyphen_values = true)]
    pub(crate) input: Option<String>,
    /// The context that the run begins with: JSON or `@FILE` [default: that of the pipeline]
    #[arg(long, value_name = "JSON", allow_hyphen_values = true)]
    pub(crate) context: Option<String>,
    /// The id of the run: a second start with it changes nothing [default: a new one]
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<String>,
    /// A label that the run is found by; may be given several times
    #[arg(long = "label", value_name = "NAME=VALUE", value_parser = label)]
    pub(crate) labels: Vec<(String, String)>,
    #[command(flatten)]
    pub(crate) limit: LimitArgs,
    /// Wait until the run has ended or asks
    #[arg(long)]
    pub(crate) wait: bool,
    #[command(flatten)]
    pub(crate) caller: Caller,
}
