//! `retry`.

use super::outcome;
use crate::args::ChangeArgs;
use crate::console::Console;
use crate::stop::Done;
use flujo::run::Control;

pub(super) async fn execute(control: &dyn Control, args: &ChangeArgs, console: &mut Console<'_>) -> Done {
    let view = control.retry(&args.id.as_str().into(), args.caller.name(console)).await?;
    outcome::print(&view, console)
}
