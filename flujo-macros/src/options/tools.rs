//! The list `tools = [..]`: names of steps, and what is asked before a call of one runs.

use super::step_name::quoted_name;
use super::{value, written};
use crate::diag::{self, Sink};
use crate::mistake;
use crate::names;
use proc_macro2::Ident;
use syn::{Expr, ExprArray, ExprCall, ExprMethodCall, Path};

/// One entry: `refund.ask_first("Refund?").ask_first_if(|cents| *cents > 5000)`.
#[derive(Clone, Debug)]
pub(crate) struct ToolUse {
    /// The step, or the resource that is a server of tools.
    pub(crate) path: Path,
    /// Whether it is a server, `mcp(Docs)`, and what is said of one alone.
    pub(crate) server: Option<ServerUse>,
    /// The message of the question, with the word that asks it.
    pub(crate) ask_first: Option<(Ident, Expr)>,
    /// The function that decides whether a call asks.
    pub(crate) ask_first_if: Option<(Ident, Expr)>,
    /// How long the question waits, in nanoseconds, and the reply after that.
    pub(crate) timeout: Option<(Ident, u64, Expr)>,
}

/// What is said of a server of tools: `mcp(Docs).only(["search"]).retries(2)`.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServerUse {
    /// The tools that are offered, with the word.
    pub(crate) only: Option<(Ident, ExprArray)>,
    /// Extra attempts of a call, with the word.
    pub(crate) retries: Option<(Ident, Expr)>,
}

impl ToolUse {
    fn step(path: Path) -> Self {
        Self { path, server: None, ask_first: None, ask_first_if: None, timeout: None }
    }

    /// The expressions of its options.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Expr> {
        let asked = self.ask_first.iter().chain(&self.ask_first_if).map(|(_, value)| value);
        asked.chain(self.timeout.iter().map(|(.., default)| default))
    }

    /// True if this entry says that it asks before a call runs; the attribute of the step may say so too.
    pub(crate) fn asks(&self) -> bool {
        self.ask_first.is_some() || self.ask_first_if.is_some()
    }
}

/// The options of an entry, and those of a server alone.
const WORDS: [&str; 3] = ["ask_first", "ask_first_if", "timeout"];
const SERVER_WORDS: [&str; 5] = ["ask_first", "ask_first_if", "timeout", "only", "retries"];

/// The entries of the list, each tool once.
pub(crate) fn tools(list: &Expr, sink: &mut Sink) -> Vec<ToolUse> {
    let entries = match list {
        Expr::Array(list) => &list.elems,
        Expr::Group(group) => return tools(&group.expr, sink),
        _ => {
            sink.at(
                list,
                mistake::not_a_list,
                "`tools` takes a list of steps\nfor instance `[search_web, calculator]`",
            );
            return Vec::new();
        }
    };
    if entries.is_empty() {
        sink.at(list, mistake::empty_list, "`tools` names at least one step\nname it, or remove the option");
    }
    let mut named: Vec<ToolUse> = Vec::new();
    for one in entries {
        let Some(tool) = entry(one, sink) else { continue };
        let path = &tool.path;
        let name = |path: &Path| path.segments.last().map(|last| last.ident.to_string());
        let same = |known: &&ToolUse| {
            known.server.is_some() == tool.server.is_some() && name(&known.path) == name(path)
        };
        if let Some(known) = named.iter().find(same) {
            let word = name(path).unwrap_or_default();
            let (mistake, wrong) = if tool.server.is_some() {
                (mistake::listed_twice, format!("the server `{word}` is listed twice\nremove one"))
            } else if known.path == *path {
                (
                    mistake::listed_twice,
                    format!("the model selects tools by name, and `{word}` is listed twice\nremove one"),
                )
            } else {
                (
                    mistake::two_tools_of_one_name,
                    format!(
                        "the model selects tools by name, and two steps are named `{word}`\nrename one of the steps"
                    ),
                )
            };
            sink.at(path, mistake, wrong);
            continue;
        }
        named.push(tool);
    }
    named
}

fn entry(one: &Expr, sink: &mut Sink) -> Option<ToolUse> {
    match one {
        Expr::Path(p) if p.qself.is_none() => Some(ToolUse::step(p.path.clone())),
        Expr::Group(group) => entry(&group.expr, sink),
        Expr::Call(call) if is_server(&call.func) => server(call, sink),
        Expr::Call(call) => {
            sink.at(
                &call.func,
                mistake::named_not_called,
                "a tool is named, not called: the model chooses the arguments\nremove the parentheses",
            );
            None
        }
        Expr::MethodCall(option) => {
            let mut tool = entry(&option.receiver, sink)?;
            apply(&mut tool, option, sink);
            Some(tool)
        }
        _ => {
            let name = quoted_name(one).unwrap_or_else(|| "search".to_owned());
            let message = format!("a tool is the name of a step\nwrite `{name}`");
            sink.at(one, mistake::not_a_step_name, message);
            None
        }
    }
}

fn is_server(function: &Expr) -> bool {
    matches!(function, Expr::Path(p) if p.path.is_ident("mcp"))
}

/// `mcp(Docs)`.
fn server(call: &ExprCall, sink: &mut Sink) -> Option<ToolUse> {
    let arguments: Vec<&Expr> = call.args.iter().collect();
    if let [Expr::Path(resource)] = arguments.as_slice()
        && resource.qself.is_none()
    {
        let server = Some(ServerUse::default());
        return Some(ToolUse { server, ..ToolUse::step(resource.path.clone()) });
    }
    sink.at(
        &call.func,
        mistake::not_a_tool_server,
        "`mcp` takes the type of a resource that is a server of tools\nfor instance `mcp(Docs)`",
    );
    None
}

/// Reads one option into the entry. A mistake leaves the tool as it is.
fn apply(tool: &mut ToolUse, option: &ExprMethodCall, sink: &mut Sink) {
    let (word, name) = (&option.method, names::source(&tool.path));
    let twice = match word.to_string().as_str() {
        "ask_first" => tool.ask_first.is_some(),
        "ask_first_if" => tool.ask_first_if.is_some(),
        "timeout" => tool.timeout.is_some(),
        "only" if tool.server.is_some() => tool.server.as_ref().is_some_and(|of| of.only.is_some()),
        "retries" if tool.server.is_some() => tool.server.as_ref().is_some_and(|of| of.retries.is_some()),
        other => {
            let words: &[&'static str] = if tool.server.is_some() { &SERVER_WORDS } else { &WORDS };
            let meant = diag::did_you_mean(other, words.iter().copied())
                .map_or_else(String::new, |w| format!("; did you mean `{w}`?"));
            let message = format!(
                "a tool has no option `{other}`{meant}\noptions of a tool are {}",
                diag::list(words.iter().copied())
            );
            sink.at(word, mistake::unknown_tool_option, message);
            return;
        }
    };
    if twice {
        sink.at(word, mistake::given_twice, format!("`{word}` is given twice\nkeep one of them"));
        return;
    }
    let values: Vec<&Expr> = option.args.iter().collect();
    if let Some(server) = &mut tool.server
        && (word == "only" || word == "retries")
    {
        of_server(server, word, &values, sink);
        return;
    }
    match (word.to_string().as_str(), values.as_slice()) {
        ("ask_first", [message]) => tool.ask_first = Some((word.clone(), (*message).clone())),
        ("ask_first", _) => {
            sink.at(
                word,
                mistake::option_arguments,
                format!("`ask_first` takes the question\nwrite `{name}.ask_first(\"May it run?\")`"),
            );
        }
        ("ask_first_if", [decides]) => tool.ask_first_if = Some((word.clone(), (*decides).clone())),
        ("ask_first_if", _) => {
            let write = format!("write `{name}.ask_first_if(|input| ..)`");
            sink.at(
                word,
                mistake::option_arguments,
                format!(
                    "`ask_first_if` takes a function of the inputs that decides which calls ask\n{write}"
                ),
            );
        }
        (_, [wait, default]) => {
            // Whether there is a question to bound is known with the attribute of the step.
            if let Some(nanos) =
                sink.ok(written::time("timeout", wait, |_, wait| format!(".timeout({wait}, ..)")))
            {
                tool.timeout = Some((word.clone(), nanos, (*default).clone()));
            }
        }
        _ => {
            let write = format!(
                "write `{name}.ask_first(\"May it run?\").timeout(\"2h\", Approval::deny(\"no reply\"))`"
            );
            sink.at(
                word,
                mistake::tool_timeout_without_reply,
                format!("`timeout` of a tool takes a duration and the reply after it\n{write}"),
            );
        }
    }
}

/// Reads an option of a server alone.
fn of_server(server: &mut ServerUse, word: &Ident, values: &[&Expr], sink: &mut Sink) {
    let is_text = |one: &Expr| value::string(one).is_some_and(|text| !text.value().is_empty());
    match (word.to_string().as_str(), values) {
        ("only", [Expr::Array(list)]) if !list.elems.is_empty() && list.elems.iter().all(is_text) => {
            server.only = Some((word.clone(), list.clone()));
        }
        ("only", _) => {
            sink.at(
                word,
                mistake::option_arguments,
                "`only` takes the names of tools in quotes\nfor instance `.only([\"search\", \"fetch\"])`",
            );
        }
        (_, [n]) => {
            if let Some(n) = sink.ok(value::count("retries", n, 0)) {
                server.retries = Some((word.clone(), n));
            }
        }
        _ => sink.at(
            word,
            mistake::option_arguments,
            "`retries` takes the number of extra attempts of a call\nfor instance `.retries(2)`",
        ),
    }
}
