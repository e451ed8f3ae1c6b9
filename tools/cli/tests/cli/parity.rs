//! What can be done in the console can be done by the HTTP interface and by the command line. The table of the book's
//! chapter on operating is made here, from what the three have: `FLUJO_BOOK=overwrite cargo test -p flujo-cli parity`.

use crate::served::Served;
use crate::support::Folder;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write as _};
use std::net::TcpStream;
use std::path::Path;

/// A page of the server of these tests, and what it has to have for it.
type Shown = (&'static str, &'static str);

struct Row {
    what: &'static str,
    /// Names of operations in the document of the interface.
    operations: &'static [&'static str],
    /// Commands, with the option that matters.
    commands: &'static [&'static str],
    /// The address of the page as the book has it, and what shows it.
    console: Option<(&'static str, Shown)>,
}

const fn row(
    what: &'static str,
    operations: &'static [&'static str],
    commands: &'static [&'static str],
    console: Option<(&'static str, Shown)>,
) -> Row {
    Row { what, operations, commands, console }
}

const ROWS: &[Row] = &[
    row(
        "list and filter runs, page by page",
        &["list_runs"],
        &["list"],
        Some(("/", ("/", "name=\"label\""))),
    ),
    row(
        "count runs by pipeline and state",
        &["count_runs"],
        &["list --count"],
        Some(("/", ("/", ">paused"))),
    ),
    row("see runs change", &["watch_runs"], &["watch"], Some(("/", ("/", "sse-connect=\"/api/v1/events")))),
    row(
        "look at a run",
        &["show_run", "list_nodes", "draw_run"],
        &["show"],
        Some(("/runs/{id}", ("/runs/l-1", "<svg"))),
    ),
    row(
        "look at a node: input, output, context, messages, attempts",
        &["show_node"],
        &["show --node"],
        Some(("/runs/{id}?node={path}", ("/runs/l-1?node=letter%2Fwrite", "<h4>Messages</h4>"))),
    ),
    row(
        "follow a run",
        &["watch_run"],
        &["watch"],
        Some(("/runs/{id}", ("/runs/l-1", "sse-connect=\"/api/v1/runs/l-1/events"))),
    ),
    row("see open questions", &["inbox"], &["questions"], Some(("/inbox", ("/inbox", "Send this letter?")))),
    row(
        "see the questions of a run",
        &["list_questions"],
        &["questions"],
        Some(("/runs/{id}", ("/runs/l-1", "Send this letter?"))),
    ),
    row("reply", &["reply"], &["reply"], Some(("/runs/{id}", ("/runs/l-1", "action=\"/runs/l-1/reply\"")))),
    row(
        "cancel",
        &["cancel_run"],
        &["cancel"],
        Some(("/runs/{id}", ("/runs/l-1", "action=\"/runs/l-1/cancel\""))),
    ),
    row(
        "retry",
        &["retry_run"],
        &["retry"],
        Some(("/runs/{id}", ("/runs/l-2", "action=\"/runs/l-2/retry\""))),
    ),
    row(
        "fork, with other inputs and other models",
        &["fork_run"],
        &["fork"],
        Some(("/runs/{id}/fork", ("/runs/n-1/fork", "action=\"/runs/n-1/fork\""))),
    ),
    row(
        "compare two runs",
        &["compare_runs"],
        &["compare"],
        Some(("/compare?a={id}&b={id}", ("/compare?a=l-1&b=l-2", "letter/write"))),
    ),
    row(
        "export a run",
        &["export_run", "recorded_run"],
        &["export"],
        Some(("/runs/{id}", ("/runs/l-1", "href=\"/api/v1/runs/l-1/export\""))),
    ),
    row("see pipelines", &["list_pipelines"], &["pipelines"], Some(("/pipelines", ("/pipelines", "letter")))),
    row(
        "look at a pipeline: types, bounds, findings",
        &["show_pipeline"],
        &["validate"],
        Some(("/pipelines/{name}", ("/pipelines/letter", "Findings"))),
    ),
    row(
        "draw a pipeline",
        &["draw_pipeline"],
        &["graph"],
        Some(("/pipelines/{name}", ("/pipelines/letter", "<svg"))),
    ),
    row(
        "start a run",
        &["start_run"],
        &["start"],
        Some(("/pipelines/{name}", ("/pipelines/letter", "action=\"/pipelines/letter/start\""))),
    ),
    row(
        "see usage, and what is left of budgets",
        &["report_usage"],
        &["usage"],
        Some(("/usage", ("/usage", "By model"))),
    ),
    row("check that a run fits the code of today", &["replay_run"], &["replay"], None),
    row("delete runs that ended long ago", &["prune_runs"], &["prune"], None),
    row("see who deleted runs", &["list_prunes"], &[], None),
];

/// The forms of all pages: what a person can send. Those that many runs are cancelled or retried with are `/runs-act`.
const FORMS: [&str; 11] = [
    "/",
    "/compare",
    "/inbox",
    "/pipelines/letter/start",
    "/runs-act",
    "/runs/l-1/cancel",
    "/runs/l-1/reply",
    "/runs/l-2/fork",
    "/runs/l-2/retry",
    "/runs/n-1/fork",
    "/usage",
];

/// Commands about processes and shells, which no server does for anybody.
const OF_PROCESSES: [&str; 5] = ["worker", "serve", "explain", "completions", "help"];

fn get(served: &Served, path: &str) -> String {
    let host = served.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 "), "{path}: {head}");
    body.to_owned()
}

/// The operations of the interface, by their names: `GET /api/v1/runs`.
fn operations(served: &Served) -> BTreeMap<String, String> {
    let document: Value = serde_json::from_str(&get(served, "/api/v1/openapi.json")).unwrap();
    let mut found = BTreeMap::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap().to_owned();
            found.insert(name, format!("{} {path}", method.to_uppercase()));
        }
    }
    found
}

/// The commands of `--help`.
fn commands(folder: &Folder) -> Vec<String> {
    let help = folder.letters(&["--help"]).out;
    let (_, list) = help.split_once("Commands:\n").unwrap();
    let (list, _) = list.split_once("\n\n").unwrap();
    list.lines()
        .filter_map(|line| line.strip_prefix("  "))
        .filter_map(|line| line.split(' ').next())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

fn table(operations: &BTreeMap<String, String>) -> String {
    let code = |words: &mut dyn Iterator<Item = &str>| {
        let words: Vec<_> = words.map(|word| format!("`{word}`")).collect();
        if words.is_empty() { "–".to_owned() } else { words.join("<br>") }
    };
    let mut table = "| what | console | HTTP | command |\n|---|---|---|---|\n".to_owned();
    for row in ROWS {
        let http = code(&mut row.operations.iter().map(|name| operations[*name].as_str()));
        let console = row.console.map_or_else(|| "–".to_owned(), |(page, _)| format!("`{page}`"));
        let command = code(&mut row.commands.iter().copied());
        writeln!(table, "| {} | {console} | {http} | {command} |", row.what).unwrap();
    }
    table
}

#[test]
fn what_the_console_does_the_interface_and_the_commands_do_and_the_book_says_so() {
    let folder = Folder::with_runs();
    let served = Served::letters(&folder, &[]);
    let operations = operations(&served);
    let mut listed: Vec<_> =
        ROWS.iter().flat_map(|row| row.operations).map(|name| (*name).to_owned()).collect();
    listed.sort();
    assert_eq!(listed, operations.keys().cloned().collect::<Vec<_>>(), "each operation is in one row");

    let commands = commands(&folder);
    let is_listed = |word: &String| {
        let mut all = ROWS.iter().flat_map(|row| row.commands);
        OF_PROCESSES.contains(&word.as_str()) || all.any(|command| command.split(' ').next() == Some(word))
    };
    let missing: Vec<_> = commands.iter().filter(|word| !is_listed(word)).collect();
    assert!(commands.len() > 15 && missing.is_empty(), "{missing:?}");
    let mut forms = BTreeSet::new();
    for row in ROWS {
        let is_everywhere = !row.operations.is_empty() && !row.commands.is_empty();
        assert!(is_everywhere || row.console.is_none(), "{}", row.what);
        for command in row.commands {
            let mut words = command.split(' ');
            let (word, option) = (words.next().unwrap(), words.next());
            let help = folder.letters(&[word, "--help"]);
            assert!(
                help.code == Some(0) && option.is_none_or(|option| help.out.contains(option)),
                "{command}"
            );
        }
        if let Some((_, (page, part))) = row.console {
            let shown = get(&served, page);
            assert!(shown.contains(part), "{}: `{part}` is not on {page}\n{shown}", row.what);
            let actions = shown.split(" action=\"").skip(1).filter_map(|rest| rest.split('"').next());
            forms.extend(actions.map(str::to_owned));
        }
    }
    forms.retain(|form| !FORMS.contains(&form.as_str()));
    assert!(forms.is_empty(), "the table has no row for these forms: {forms:?}");

    let book = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/book/how-to/operating.md");
    let text = fs::read_to_string(&book).unwrap();
    let (head, rest) = text.split_once("FLUJO_BOOK=overwrite writes it -->\n").unwrap();
    let (was, tail) = rest.split_once("<!-- end -->").unwrap();
    let now = table(&operations);
    if std::env::var("FLUJO_BOOK").is_ok_and(|word| word == "overwrite") {
        fs::write(&book, format!("{head}FLUJO_BOOK=overwrite writes it -->\n{now}<!-- end -->{tail}"))
            .unwrap();
    } else {
        assert_eq!(was, now, "FLUJO_BOOK=overwrite cargo test -p flujo-cli parity");
    }
}
