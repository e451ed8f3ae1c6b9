use crate::runs::GraphFormat;
use clap::Args;

#[derive(Clone, Debug, Args)]
pub(crate) struct GraphArgs {
    /// The pipeline
    pub(crate) pipeline: String,
    /// The language of the drawing [default: mermaid, or json with `--json`]
    #[arg(long, value_enum)]
    pub(crate) format: Option<GraphFormat>,
}
