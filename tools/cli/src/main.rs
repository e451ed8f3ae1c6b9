//! The command line on a database of runs: `flujo --db runs.db list`.

use flujo_cli::{Console, run_installed};
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    run_installed(std::env::args_os(), Console::of_process()).await.into()
}
