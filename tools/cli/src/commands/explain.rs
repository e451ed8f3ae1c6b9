//! `explain`.

use crate::args::ExplainArgs;
use crate::console::Console;
use crate::exit::Exit;
use crate::explain;
use crate::json::explain::{MistakeDoc, NameDoc, NamesAnswer};
use crate::stop::{CliResult, Stop};
use crate::text::table::{Cell, Column, Table};

pub(super) fn execute(args: &ExplainArgs, console: &mut Console<'_>) -> CliResult {
    let Some(name) = &args.name else { return list(console) };
    let Some(mistake) = explain::find(name) else { return Err(unknown(name, console)) };
    if console.json {
        console.answer(&MistakeDoc::of(&mistake))?;
        return Ok(Exit::Ok);
    }
    console.block(0, mistake.caption)?;
    // People compare them with what they see: neither is broken to fit.
    console.print(format_args!("\n{}\n\n{}\n\n", indented(mistake.program), mistake.message))?;
    console.line(mistake.address())?;
    Ok(Exit::Ok)
}

fn list(console: &mut Console<'_>) -> CliResult {
    if console.json {
        let doc =
            |mistake: explain::Mistake<'static>| NameDoc { name: mistake.name, caption: mistake.caption };
        console.answer(&NamesAnswer { messages: explain::all().map(doc).collect() })?;
        return Ok(Exit::Ok);
    }
    let mut table = Table::new([Column::whole("name"), Column::cut("rule")]);
    for mistake in explain::all() {
        table.row([mistake.name, mistake.caption].map(Cell::new));
    }
    console.table(&table)?;
    Ok(Exit::Ok)
}

fn unknown(name: &str, console: &Console<'_>) -> Stop {
    let what = Stop::nothing(format_args!("there is no message `{name}`"));
    if is_code(name) {
        return what.next(format_args!("it is a code of rustc's: `rustc --explain {name}`"));
    }
    let meant: Vec<_> = explain::meant(name).iter().map(|name| format!("`{name}`")).collect();
    match meant.split_last() {
        None => what.next(format_args!("`{}` lists the names", console.command(&["explain"]))),
        Some((only, [])) => what.next(format_args!("did you mean {only}?")),
        Some((last, first)) => what.next(format_args!("did you mean {} or {last}?", first.join(", "))),
    }
}

/// True for `E0308`.
fn is_code(name: &str) -> bool {
    let digits = name.strip_prefix('E');
    digits.is_some_and(|digits| digits.len() == 4 && digits.bytes().all(|digit| digit.is_ascii_digit()))
}

fn indented(program: &str) -> String {
    let line = |line: &str| if line.is_empty() { String::new() } else { format!("    {line}") };
    program.lines().map(line).collect::<Vec<_>>().join("\n")
}
