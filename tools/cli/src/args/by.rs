use super::Command;
use crate::console::Console;
use clap::Args;

/// Who changes something.
#[derive(Clone, Debug, Args)]
pub(crate) struct Caller {
    /// Your name, which is recorded with the change [default: the user of the session]
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

impl Caller {
    /// Returns the name: the one that was given, or that of the user.
    pub(crate) fn name<'c>(&'c self, console: &'c Console<'_>) -> Option<&'c str> {
        self.by.as_deref().or(console.user.as_deref())
    }
}

impl Command {
    /// Returns the name that was given with `--by`.
    pub(crate) fn by(&self) -> Option<&str> {
        let caller = match self {
            Self::Start(args) => &args.caller,
            Self::Reply(args) => &args.caller,
            Self::Cancel(args) | Self::Retry(args) => &args.caller,
            Self::Fork(args) => &args.caller,
            Self::Prune(args) => &args.caller,
            _ => return None,
        };
        caller.by.as_deref()
    }
}
