use clap::{Args, ValueEnum};

#[derive(Clone, Debug, Args)]
pub(crate) struct ValidateArgs {
    /// Only this pipeline [default: all]
    pub(crate) pipeline: Option<String>,
    /// The format of the findings [default: text, or json with `--json`]
    #[arg(long, value_enum)]
    pub(crate) format: Option<ValidateFormat>,
    /// Exit with 4 if there are warnings; hints do not count
    #[arg(long)]
    pub(crate) fail_on_warn: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ValidateFormat {
    Text,
    Json,
    Sarif,
}
