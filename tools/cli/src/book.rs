//! The page of the command line in the book is made of the grammar.
//!
//! `FLUJO_BOOK=overwrite cargo test -p flujo-cli --lib book` writes it.

use crate::args::{Binary, Installed};
use crate::exit::Exit;
use clap::{Arg, Command, CommandFactory};
use std::fmt::Write as _;

#[path = "../../../tests/src/made.rs"]
mod made;

/// As it is written on the command line.
fn written(arg: &Arg) -> String {
    let bare = arg.is_positional() && !arg.is_required_set();
    let shown = |name: &clap::builder::Str| if bare { format!("[{name}]") } else { format!("<{name}>") };
    let names = arg.get_value_names().into_iter().flatten().map(shown);
    let values: Vec<_> = names.collect();
    match arg.get_long() {
        Some(long) if arg.get_action().takes_values() => format!("--{long} {}", values.join(" ")),
        Some(long) => format!("--{long}"),
        None => values.join(" "),
    }
}

/// The help of a word, and the default that it names.
fn explained(arg: &Arg) -> (String, String) {
    let help = arg.get_long_help().or(arg.get_help()).map(ToString::to_string).unwrap_or_default();
    let help = help.replace("\n\n", ". ");
    match help.split_once(" [default: ").and_then(|(help, rest)| Some((help, rest.strip_suffix(']')?))) {
        Some((help, default)) => (made::cell(help), made::cell(default)),
        None => (made::cell(&help), String::new()),
    }
}

fn rows(args: &[&Arg]) -> String {
    let mut out = String::new();
    for arg in args {
        let (help, said) = explained(arg);
        let takes_values = arg.get_action().takes_values();
        let code = |text: &str| format!("`{text}`");
        let values: Vec<_> = arg.get_possible_values().iter().map(|value| code(value.get_name())).collect();
        let values = if takes_values && !values.is_empty() {
            format!(" One of {}.", values.join(", "))
        } else {
            String::new()
        };
        let defaults: Vec<_> =
            arg.get_default_values().iter().map(|value| code(&value.to_string_lossy())).collect();
        let default = match (arg.is_required_set(), takes_values && !defaults.is_empty()) {
            (true, _) => "required".to_owned(),
            (false, true) => defaults.join(", "),
            (false, false) if said.is_empty() => "none".to_owned(),
            (false, false) => said,
        };
        let help = match help.trim_end_matches('.') {
            "" => String::new(),
            help => format!("{help}."),
        };
        writeln!(out, "| `{}` | {default} | {help}{values} |", written(arg)).unwrap();
    }
    out
}

const HEAD: &str = "| word | default | meaning |\n|---|---|---|\n";

fn own(arg: &Arg) -> bool {
    !arg.is_global_set() && !matches!(arg.get_id().as_str(), "help" | "version")
}

fn commands(grammar: &Command) -> String {
    let mut out = String::new();
    for command in grammar.get_subcommands().filter(|command| command.get_name() != "help") {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        writeln!(out, "### `{}`\n\n{}.\n", command.get_name(), made::cell(&about)).unwrap();
        let rows = rows(&command.get_arguments().filter(|arg| own(arg)).collect::<Vec<_>>());
        if !rows.is_empty() {
            writeln!(out, "{HEAD}{rows}").unwrap();
        }
    }
    out
}

/// What every command takes.
fn everywhere(grammar: &Command) -> String {
    format!("{HEAD}{}", rows(&grammar.get_arguments().filter(|arg| arg.is_global_set()).collect::<Vec<_>>()))
}

fn exits() -> String {
    let all = [Exit::Ok, Exit::Failed, Exit::Usage, Exit::Nothing, Exit::Findings, Exit::Interrupted];
    let source = include_str!("exit.rs");
    let mut out = "| code | name | meaning |\n|---|---|---|\n".to_owned();
    for exit in all {
        let code = exit.code();
        let said = source.split_once(&format!("/// {code}: ")).and_then(|(_, rest)| rest.lines().next());
        writeln!(out, "| {code} | `Exit::{exit:?}` | {} |", made::cell(said.unwrap())).unwrap();
    }
    assert_eq!(source.matches("=> ").count(), all.len(), "an exit code is missing here");
    out
}

#[test]
fn the_page_of_the_command_line_is_what_the_grammar_says() {
    let (binary, installed) = (Binary::command(), Installed::command());
    let names = |grammar: &Command| {
        grammar.get_subcommands().map(|sub| sub.get_name().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&binary), names(&installed));
    let parts = [("everywhere", everywhere(&installed)), ("commands", commands(&binary)), ("exits", exits())];
    made::compare("reference/cli.md", &parts).unwrap();
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/book/reference/cli.md");
    let page = std::fs::read_to_string(page).unwrap();
    for variable in ["FLUJO_TOKEN", "FLUJO_TOKENS", "NO_COLOR", "COLUMNS", "TERM"] {
        assert!(page.contains(&format!("| `{variable}` |")), "the page has no row for `{variable}`");
    }
}
