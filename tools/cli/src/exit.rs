use std::process::ExitCode;

/// The exit codes of the command line. They do not change between versions.
///
/// ```
/// use flujo_cli::Exit;
/// use std::process::ExitCode;
///
/// assert_eq!(Exit::Findings.code(), 4);
/// let code: ExitCode = Exit::Ok.into();
/// # drop(code);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Exit {
    /// 0: the command did what it was asked for.
    Ok,
    /// 1: the run failed, or the command could not do what it was asked for.
    Failed,
    /// 2: the command line is wrong, or the command needs the binary with the pipelines.
    Usage,
    /// 3: there is no such run, pipeline, node, question or message; no run matches the filter.
    Nothing,
    /// 4: `validate --fail-on-warn` has warnings, or `replay` found a record that does not fit the code.
    Findings,
    /// 130: interrupted by Ctrl-C.
    Interrupted,
}

impl Exit {
    /// Returns the code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Nothing => 3,
            Self::Findings => 4,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
