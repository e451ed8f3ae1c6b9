//! `retry`.

use super::outcome;
use crate::args::RunArg;
use crate::console::Console;
use crate::stop::Done;
use flujo::run::Control;

pub(super) async fn execute(control: &dyn Control, args: &RunArg, console: &mut Console<'_>) -> Done {
    let view = control.retry(&args.id.as_str().into(), console.user.as_deref()).await?;
    outcome::print(&view, console)
}
