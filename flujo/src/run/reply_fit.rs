//! Whether a reply fits its question, and what is said of one that does not.

use crate::clock::Timestamp;
use crate::codec::Json;
use crate::engine::RunView;
use crate::engine::kit::check_reply;
use crate::error::{Error, ErrorKind, RunResult};
use crate::graph::Graph;
use crate::model::{mismatch, outline};
use crate::path::Path;
use crate::question::Question;
use serde_json::Value;

/// The most characters that are quoted of a reply.
const MOST_OF_A_REPLY: usize = 120;
/// The most characters of the outline of a type.
const MOST_OF_A_TYPE: usize = 240;

/// Decodes the reply into the type of the question before it is recorded: a wrong one leaves the question open.
pub(super) fn fits(graph: Option<&Graph>, view: &RunView, path: &Path, value: &Json) -> RunResult<()> {
    // Inside of a tool, the path alone does not say which tool it is.
    let node =
        graph.and_then(|graph| graph.node_at(path.as_str())).filter(|_| !path.is_in_any_conversation());
    let open = view.questions.iter().find(|question| question.path == *path);
    let in_schema = || {
        let schema = open?.schema.decode::<Value>().ok()?;
        mismatch(&schema, &value.decode::<Value>().ok()?)
    };
    let misfit = match node.and_then(|node| node.reply) {
        // The type decides, and the schema says where the value differs; serde has no place for that.
        Some(check) => check(value).err().map(|error| in_schema().unwrap_or_else(|| error.to_string())),
        // The question of a tool is at no node of the graph, and of code that is not here nothing else is known.
        None => in_schema(),
    };
    match (misfit, open) {
        (None, Some(_)) => Ok(()),
        (Some(why), Some(question)) => Err(does_not_fit(view, question, value, &why)),
        // It was answered, or is not asked: that matters, and not what was sent.
        (_, None) => Err(is_not_open(view, path)),
    }
}

#[cold]
fn is_not_open(view: &RunView, path: &Path) -> Error {
    let answered = view.answered.iter().find(|answered| answered.question.path == *path);
    if let Err(error) =
        check_reply(path, answered.map(|answered| &answered.reply), None, Timestamp::default())
        && (answered.is_some() || view.questions.is_empty())
    {
        return error;
    }
    let open: Vec<_> = view.questions.iter().map(|question| format!("`{}`", question.path)).collect();
    let what = format!("no such question is open; open: {}", open.join(", "));
    Error::new(ErrorKind::Reply(what)).at(path.clone())
}

#[cold]
fn does_not_fit(view: &RunView, question: &Question, value: &Json, why: &str) -> Error {
    let (run, sent) = (&view.run.id, shortened(value.as_str(), MOST_OF_A_REPLY));
    let schema = question.schema.decode::<Value>().unwrap_or_default();
    let outline = outline(&schema);
    let wanted = match schema.get("title").and_then(Value::as_str) {
        Some(title) if title != outline => {
            format!("`{title}`: {}", shortened(&outline, MOST_OF_A_TYPE))
        }
        _ => format!("`{}`", shortened(&outline, MOST_OF_A_TYPE)),
    };
    let what = format!(
        "this reply to run `{run}` does not fit the question, which stays open: {why}; sent: {sent}; \
         reply with a value of the type {wanted}"
    );
    Error::new(ErrorKind::Reply(what)).at(question.path.clone())
}

/// Cuts a text to so many characters.
pub(super) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{} ...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
