//! A server that is a process, and speaks by its standard input and output.

mod pipe;
mod process;

pub(crate) use process::Process;

use crate::config::{Config, Program};
use crate::failure::Failure;
use crate::trouble::Trouble;
use pipe::Pipe;
#[cfg(windows)]
use process_wrap::tokio::JobObject;
#[cfg(unix)]
use process_wrap::tokio::ProcessGroup;
use process_wrap::tokio::{CommandWrap, KillOnDrop};
use std::io;
use std::process::Stdio;
use std::sync::Arc;
use tokio::process::{ChildStdin, ChildStdout};

/// The variables that a process gets of the environment of this one. The rest may hold keys that are no business of a server;
/// the other SDKs of MCP pass on the same.
#[cfg(not(windows))]
const INHERITED: &[&str] = &["HOME", "LANG", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "USER"];
#[cfg(windows)]
const INHERITED: &[&str] = &[
    "APPDATA",
    "HOMEDRIVE",
    "HOMEPATH",
    "LOCALAPPDATA",
    "PATH",
    "PATHEXT",
    "PROCESSOR_ARCHITECTURE",
    "PROGRAMFILES",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "TEMP",
    "USERNAME",
    "USERPROFILE",
];

/// What to do about a program that is not found. Windows finds programs without their ending, and scripts only with it.
#[cfg(not(windows))]
const MISSING: &str = "check that it is installed, and that its folder is in `PATH`";
#[cfg(windows)]
const MISSING: &str = "check that it is installed, and that its folder is in `PATH`; a script is named with its ending, such as `npx.cmd`";

/// Starts the process of a server.
///
/// # Errors
/// It cannot be started.
pub(crate) fn start(
    program: &Program,
    config: &Config,
    trouble: &Arc<Trouble>,
) -> Result<(Pipe<ChildStdout, ChildStdin>, Process), Failure> {
    let mut command = CommandWrap::with_new(&program.command, |command| {
        command.args(&program.args).env_clear();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.envs(INHERITED.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.envs(config.secrets.iter());
        if let Some(dir) = &program.dir {
            command.current_dir(dir);
        }
    });
    // `npx` and its like start the server as a process of their own, which has to end with them.
    #[cfg(unix)]
    command.wrap(ProcessGroup::leader());
    #[cfg(windows)]
    command.wrap(JobObject);
    command.wrap(KillOnDrop);
    let mut child = command.spawn().map_err(|error| {
        let text = format!("`{}` cannot be started: {error}", program.command.display());
        match error.kind() {
            io::ErrorKind::NotFound => Failure::lasting(text).and(MISSING),
            io::ErrorKind::PermissionDenied => Failure::lasting(text),
            _ => Failure::passing(text),
        }
    })?;
    let (stdin, stdout, stderr) = (child.stdin().take(), child.stdout().take(), child.stderr().take());
    let process = Process::watch(child, stderr, Arc::clone(trouble));
    let (Some(stdin), Some(stdout)) = (stdin, stdout) else {
        return Err(Failure::passing("the process has no pipes"));
    };
    Ok((Pipe::new(stdout, stdin, config.bounds.answer, Arc::clone(trouble)), process))
}
