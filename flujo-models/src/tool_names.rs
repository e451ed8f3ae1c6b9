//! Names of tools in the form that every provider takes, and back.

use flujo::model::ToolSpec;
use std::collections::BTreeMap;

/// The maximum length of a name, with OpenAI, Anthropic and Gemini.
const LONGEST: usize = 64;

/// The names of the tools of one request, as they are sent.
///
/// A Rust function may have a name that providers refuse, such as `größe`: it is sent under another one, and a call of
/// that one is a call of the tool.
#[derive(Debug, Default)]
pub(crate) struct ToolNames {
    /// The sent name of each tool.
    sent: BTreeMap<String, String>,
}

impl ToolNames {
    pub(crate) fn of(tools: &[ToolSpec]) -> Self {
        let mut sent: BTreeMap<String, String> = BTreeMap::new();
        // Names that are legal stay as they are, whatever the others become.
        let (legal, other): (Vec<_>, Vec<_>) =
            tools.iter().map(|tool| &tool.name).partition(|name| is_legal(name));
        for name in legal {
            sent.insert(name.clone(), name.clone());
        }
        for name in other {
            let mut candidate = legal_form(name);
            let mut n = 2;
            while sent.values().any(|taken| *taken == candidate) {
                let number = format!("_{n}");
                let kept: String = legal_form(name).chars().take(LONGEST - number.len()).collect();
                candidate = kept + &number;
                n += 1;
            }
            sent.insert(name.clone(), candidate);
        }
        Self { sent }
    }

    /// Returns the name to send. A model may have called a tool that does not exist: its name is made legal too.
    pub(crate) fn sent(&self, name: &str) -> String {
        self.sent.get(name).cloned().unwrap_or_else(|| legal_form(name))
    }

    /// Returns the name of the tool that a model calls.
    pub(crate) fn tool(&self, called: &str) -> String {
        let found = self.sent.iter().find(|(_, sent)| *sent == called);
        found.map_or(called, |(name, _)| name).to_owned()
    }

    /// True if a tool is sent under this name.
    pub(crate) fn has(&self, sent: &str) -> bool {
        self.sent.values().any(|taken| taken == sent)
    }
}

fn is_legal(name: &str) -> bool {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.len() <= LONGEST && name.starts_with(first) && name.chars().all(takes)
}

fn takes(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

fn legal_form(name: &str) -> String {
    if is_legal(name) {
        return name.to_owned();
    }
    let letters = name.chars().map(|c| if takes(c) { c } else { '_' });
    // Gemini wants a letter or `_` first.
    let start =
        if name.starts_with(|c: char| c.is_ascii_digit() || c == '-') || name.is_empty() { "_" } else { "" };
    start.chars().chain(letters).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use flujo::codec::Json;

    fn names(names: &[&str]) -> ToolNames {
        let tool = |name: &&str| ToolSpec::new(*name, "", Json::null());
        ToolNames::of(&names.iter().map(tool).collect::<Vec<_>>())
    }

    #[test]
    fn what_providers_refuse_is_sent_under_another_name() {
        let long = "n".repeat(70);
        let names = names(&["größe", "gr__e", "gr-__e", &long, "look_up"]);
        for (name, sent) in
            [("größe", "gr__e_2"), ("gr__e", "gr__e"), ("look_up", "look_up"), (&long, &long[..64])]
        {
            assert_eq!(names.sent(name), sent);
            assert_eq!(names.tool(sent), name);
        }
        assert_eq!(names.sent("7 up"), "_7_up");
        assert_eq!(names.tool("nobody"), "nobody");
    }
}
