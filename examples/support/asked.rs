//! The command line.

use flujo::prelude::*;
use flujo_examples::args::BadArgs;
use serde_json::json;

/// What it asks for.
pub(crate) struct Asked {
    /// Whether real models answer.
    pub(crate) live: bool,
    /// The command that starts an MCP server.
    pub(crate) server: Vec<String>,
    /// What the person replies to every question.
    pub(crate) reply: Approval,
}

impl Asked {
    pub(crate) fn from_args(mut words: impl Iterator<Item = String>) -> std::result::Result<Self, BadArgs> {
        let mut asked = Self { live: false, server: Vec::new(), reply: Approval::Allow };
        while let Some(word) = words.next() {
            match word.as_str() {
                "--live" => asked.live = true,
                "--mcp" => asked.server = words.by_ref().collect(),
                "--reply" => asked.reply = reply(words.next().as_deref())?,
                _ => {
                    return Err(BadArgs::new(format!(
                        "`--reply`, `--live` and `--mcp` can be given, and not `{word}`"
                    )));
                }
            }
        }
        Ok(asked)
    }
}

fn reply(word: Option<&str>) -> std::result::Result<Approval, BadArgs> {
    match word {
        Some("allow") => Ok(Approval::Allow),
        Some("deny") => Ok(Approval::deny("send a photo first")),
        Some("edit") => Ok(Approval::edit(json!({"order": "2207", "cents": 6_450}))),
        _ => Err(BadArgs::new("`--reply` takes `allow`, `deny` or `edit`")),
    }
}
