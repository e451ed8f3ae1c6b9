//! The options of steps: one list of words for `#[step(..)]` and for calls in `pipeline!`.

mod attribute;
#[cfg(test)]
mod book;
mod duration;
mod migrate;
mod model;
mod step_name;
mod tools;
mod value;
mod written;

pub(crate) use attribute::{StepOptions, parse};
pub(crate) use duration::duration;
pub(crate) use model::argument as model_argument;
pub(crate) use step_name::example;
pub(crate) use tools::{ToolUse, tools};
pub(crate) use value::{Backoff, Cached, backoff, cached, check_call, limits, shown};
pub(crate) use written::seconds;

use crate::diag;
use crate::mistake;
use proc_macro2::Ident;

/// Where options are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// `#[step(..)]`
    Step,
    /// `#[step(model = .., ..)]`
    ModelStep,
    /// The call of a step in a pipeline; whether it is a model step is only known to rustc.
    Call,
}

/// One option.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Word {
    /// As it is written.
    pub(crate) name: &'static str,
    /// A value that is right.
    pub(crate) example: &'static str,
    /// What it does, in a few words.
    pub(crate) doc: &'static str,
    attribute: Attribute,
    call: bool,
}

/// Which attributes know a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attribute {
    Every,
    Model,
    None,
}

const fn word(
    name: &'static str,
    example: &'static str,
    attribute: Attribute,
    call: bool,
    doc: &'static str,
) -> Word {
    Word { name, example, doc, attribute, call }
}

/// All of them, in the order in which messages list them.
const WORDS: &[Word] = &[
    word("retries", "3", Attribute::Every, true, "extra attempts after the first"),
    word("timeout", "\"20s\"", Attribute::Every, true, "how long one attempt may take"),
    word("backoff", "\"100ms\"", Attribute::Every, true, "the first wait between attempts, or `none`"),
    word("cached", "\"1h\"", Attribute::Every, true, "how long an output may be used again, or `forever`"),
    word(
        "fallback",
        "cheap_triage",
        Attribute::Every,
        true,
        "a step that runs once after the last attempt failed",
    ),
    word("validate", "(NoPii, StyleGuide)", Attribute::Every, true, "validators of every output"),
    word(
        "plugin",
        "Redact",
        Attribute::Every,
        true,
        "looks at every output before validators, and may change it",
    ),
    word(
        "redirect",
        "careful_triage",
        Attribute::Every,
        true,
        "the step that makes the next attempt once a plugin redirects",
    ),
    word("strict", "false", Attribute::Every, true, "whether a rejected output fails the step"),
    word(
        "limits",
        "UsageLimits::usd(\"0.10\")",
        Attribute::Every,
        true,
        "what the node may use, its attempts and fallback together",
    ),
    word(
        "ask_first",
        "\"Refund?\"",
        Attribute::Every,
        false,
        "the question before a model's call of it runs",
    ),
    word("version", "2", Attribute::Every, false, "counts up when the step's meaning changes"),
    word(
        "migrate",
        "label_from_1",
        Attribute::Every,
        false,
        "makes an output of this version of one of the version before",
    ),
    word(
        "model",
        "\"openai:gpt-4o-mini\"",
        Attribute::Every,
        true,
        "the model that answers, `provider:model`",
    ),
    word(
        "models",
        "[\"openai:gpt-4o\", \"anthropic:claude-sonnet-4-6\"]",
        Attribute::Every,
        true,
        "the models that answer: where a call of one fails, the next is asked",
    ),
    word("role", "review", Attribute::Every, false, "the role whose model answers, as the settings say"),
    word("temperature", "0.2", Attribute::Model, true, "sampling temperature, 0 to 2"),
    word("max_tokens", "200", Attribute::Model, true, "the most output tokens"),
    word("top_p", "0.9", Attribute::Model, true, "nucleus sampling, 0 to 1"),
    word(
        "tools",
        "[search_web, calculator]",
        Attribute::Model,
        true,
        "steps and pipelines that the model may call",
    ),
    word("tool_rounds", "8", Attribute::Model, true, "how often in one attempt the model may ask for tools"),
    word("tool_choice", "required", Attribute::Model, true, "whether the model has to call a tool first"),
    word("parallel_calls", "false", Attribute::Model, true, "whether one reply may call several tools"),
    word(
        "reasoning_effort",
        "\"low\"",
        Attribute::Model,
        true,
        "how much the model reasons before it answers",
    ),
    word(
        "reasoning_text",
        "true",
        Attribute::Model,
        true,
        "requests and records the text of the model's reasoning",
    ),
    word("stop", "[\"END\"]", Attribute::Model, true, "the texts that end the answer"),
    word("seed", "7", Attribute::Model, true, "the seed of the sampling"),
    word("service_tier", "\"flex\"", Attribute::Model, true, "the service tier, in the provider's word"),
    word(
        "prompt_cache",
        "\"5m\"",
        Attribute::Model,
        true,
        "how long the provider keeps tools and system messages",
    ),
    word(
        "extra",
        "[(\"top_k\", 40)]",
        Attribute::Model,
        true,
        "fields of the request that flujo does not know",
    ),
    word("keep_findings", "", Attribute::None, true, "keeps what is said against outputs in the context"),
    word("settle", "", Attribute::None, true, "turns a failure into a value"),
    word("named", "\"second_look\"", Attribute::None, true, "the name of this node"),
];

impl Word {
    /// Whether it may be written there.
    pub(crate) fn applies(&self, place: Place) -> bool {
        match place {
            Place::Step => self.attribute == Attribute::Every,
            Place::ModelStep => self.attribute != Attribute::None,
            Place::Call => self.call,
        }
    }
}

/// The option of this name.
pub(crate) fn find(name: &str) -> Option<&'static Word> {
    WORDS.iter().find(|w| w.name == name)
}

/// The options of a place.
pub(crate) fn words(place: Place) -> impl Iterator<Item = &'static str> {
    WORDS.iter().filter(move |w| w.applies(place)).map(|w| w.name)
}

/// The error for a word that `place` does not know: misspelt, or at home elsewhere.
pub(crate) fn unknown(key: &Ident, place: Place) -> syn::Error {
    let name = key.to_string();
    let known = find(&name);
    let (mistake, message) = match place {
        Place::Call => match known {
            Some(_) if name == "ask_first" => (
                mistake::ask_first_at_a_call,
                "`ask_first` asks before a model's call of a tool runs\n\
                 in a pipeline bind the reply: `let allowed: bool = ask(\"..\");`"
                    .to_owned(),
            ),
            Some(w) => (
                mistake::option_of_the_attribute,
                format!(
                    "`{name}` is not an option of a call\nwrite it once, in the attribute: `#[step({name} = {})]`",
                    w.example
                ),
            ),
            None => (
                mistake::unknown_call_option,
                format!(
                    "a step call has no option `{name}`{}\noptions of a call are {}",
                    suggestion(&name, place),
                    diag::list(words(place))
                ),
            ),
        },
        Place::Step | Place::ModelStep => match known {
            Some(w) if w.applies(Place::ModelStep) => (
                mistake::option_of_model_steps,
                format!(
                    "`{name}` is an option of model steps\n\
                 add the model that answers: `model = \"provider:model\"`, or `role = review`"
                ),
            ),
            Some(_) => (
                mistake::option_of_a_call,
                format!(
                    "`{name}` belongs to one call of the step, not to the step\n\
                 write it in the pipeline: `step(..).{name}(..)`"
                ),
            ),
            None => (
                mistake::unknown_step_option,
                format!(
                    "unknown step option `{name}`{}\noptions of `#[step]` are {}",
                    suggestion(&name, Place::ModelStep),
                    diag::list(words(Place::ModelStep))
                ),
            ),
        },
    };
    diag::error(key.span(), mistake, message)
}

/// Words that other tools have for an option. None that an output is likely to have as a method: `id`, `name`, `limit`.
const SYNONYMS: [(&str, &[&str]); 6] = [
    ("retries", &["retry", "attempts", "max_attempts", "max_retries", "tries"]),
    ("backoff", &["retry_delay", "retry_interval"]),
    ("timeout", &["time_limit"]),
    ("max_tokens", &["max_output_tokens", "max_completion_tokens"]),
    ("cached", &["cache", "memoize"]),
    ("validate", &["validator", "validators"]),
];

/// The option of a place that was meant: misspelt, or with the word of another tool.
pub(crate) fn meant(name: &str, place: Place) -> Option<&'static str> {
    let synonym = SYNONYMS.iter().find(|(_, others)| others.contains(&name)).map(|(word, _)| *word);
    let synonym = synonym.filter(|word| find(word).is_some_and(|word| word.applies(place)));
    synonym.or_else(|| diag::did_you_mean(name, words(place)))
}

fn suggestion(name: &str, place: Place) -> String {
    match meant(name, place) {
        None => String::new(),
        Some("retries") if name.contains("attempts") || name == "tries" => {
            "; did you mean `retries`, the attempts after the first?".to_owned()
        }
        Some(word) => format!("; did you mean `{word}`?"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::format_ident;

    #[test]
    fn every_word_says_what_it_does() {
        for w in WORDS {
            assert!(!w.doc.is_empty() && !w.doc.ends_with('.'), "{}", w.name);
            assert!(w.applies(Place::Call) || w.applies(Place::ModelStep), "{}", w.name);
        }
    }

    #[test]
    fn unknown_words_get_the_word_that_was_meant() {
        let text = |name, place| unknown(&format_ident!("{name}"), place).to_string();
        assert!(
            text("retires", Place::Step)
                .contains("unknown step option `retires`; did you mean `retries`? [unknown_step_option]\n")
        );
        assert!(
            text("colour", Place::Step)
                .starts_with("unknown step option `colour` [unknown_step_option]\noptions of")
        );
        assert!(text("temperature", Place::Step).contains("option of model steps"));
        assert!(text("named", Place::Step).contains("belongs to one call"));
        assert!(text("version", Place::Call).contains("#[step(version = 2)]"));
        assert!(text("retires", Place::Call).contains("did you mean `retries`?"));
        assert!(text("retry", Place::Call).contains("did you mean `retries`?"));
        assert!(
            text("max_attempts", Place::Step)
                .contains("did you mean `retries`, the attempts after the first? [unknown_step_option]")
        );
        // A word that the place does not have is not offered.
        assert!(!text("name", Place::Step).contains("did you mean"));
    }
}
