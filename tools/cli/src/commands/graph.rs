//! `graph`.

use super::find;
use crate::args::{GraphArgs, GraphFormat};
use crate::console::Console;
use crate::exit::Exit;
use crate::stop::Done;
use flujo::run::Control;

pub(super) fn execute(control: &dyn Control, args: &GraphArgs, console: &mut Console<'_>) -> Done {
    let known = find::pipeline(control, &args.pipeline)?;
    let format = args.format.unwrap_or(if console.json { GraphFormat::Json } else { GraphFormat::Mermaid });
    let drawn = match format {
        GraphFormat::Mermaid => known.graph.mermaid(),
        GraphFormat::Dot => known.graph.dot(),
        GraphFormat::Json => known.graph.json(),
    };
    console.print(drawn.trim_end())?;
    console.print("\n")?;
    Ok(Exit::Ok)
}
