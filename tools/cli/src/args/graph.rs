use clap::{Args, ValueEnum};

#[derive(Clone, Debug, Args)]
pub(crate) struct GraphArgs {
    /// The pipeline
    pub(crate) pipeline: String,
    /// The language of the drawing [default: mermaid, or json with `--json`]
    #[arg(long, value_enum)]
    pub(crate) format: Option<GraphFormat>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    Mermaid,
    Dot,
    Svg,
    Json,
}
