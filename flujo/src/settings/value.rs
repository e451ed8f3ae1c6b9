//! The forms of values, and the words for those that are wrong. No message shows a value: it might be a secret that
//! was put into the wrong place.

use crate::model::is_model;
use crate::usage::Cost;
use std::num::NonZeroU32;

/// The form of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Duration,
    Dollars,
    Count,
    /// A whole number that is not 0.
    Positive,
    Flag,
    Address,
    Model,
    Wire,
    Variable,
}

/// The wire protocols of providers.
pub(super) const WIRES: &[&str] = &["openai-chat", "openai-responses", "anthropic", "gemini", "ollama"];

impl Form {
    /// # Errors
    /// What it should be, in words.
    pub(super) fn check(self, text: &str) -> Result<(), String> {
        let good = match self {
            Self::Text => !text.trim().is_empty(),
            Self::Duration => crate::graph::duration(text).is_some(),
            Self::Dollars => Cost::usd(text).is_ok(),
            Self::Count => text.parse::<u64>().is_ok(),
            Self::Positive => text.parse::<NonZeroU32>().is_ok(),
            Self::Flag => flag(text).is_some(),
            Self::Address => {
                let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
                rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
            }
            Self::Model => is_model(text),
            Self::Wire => WIRES.contains(&text),
            Self::Variable => {
                let letters = |c: char| c.is_ascii_alphanumeric() || c == '_';
                !text.is_empty() && text.chars().all(letters)
            }
        };
        if good { Ok(()) } else { Err(self.wanted()) }
    }

    fn wanted(self) -> String {
        match self {
            Self::Text => "is empty".to_owned(),
            Self::Duration => {
                "is not a duration: write a whole number and a unit, such as `500ms`, `20s`, `2min`, `1h` or `1d`"
                    .to_owned()
            }
            Self::Dollars => {
                "is not an amount in dollars: write digits and up to nine decimals, such as `0.50`".to_owned()
            }
            Self::Count => "is not a whole number".to_owned(),
            Self::Positive => format!("is not a whole number from 1 to {}", u32::MAX),
            Self::Flag => "is neither `true` nor `false`".to_owned(),
            Self::Address => "is not an address: write `http://..` or `https://..`".to_owned(),
            Self::Model => "is not a model: write `provider:model`".to_owned(),
            Self::Wire => format!("is not one of `{}`", WIRES.join("`, `")),
            Self::Variable => "is not a variable name".to_owned(),
        }
    }
}

/// `true` or `false`, in any case.
pub(super) fn flag(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_refuses_what_it_is_not_and_shows_nothing_of_it() {
        for (form, good) in [
            (Form::Text, "x"),
            (Form::Duration, "1s"),
            (Form::Dollars, "0.50"),
            (Form::Count, "0"),
            (Form::Positive, "4294967295"),
            (Form::Flag, "TRUE"),
            (Form::Address, "http://localhost:4318"),
            (Form::Model, "openai:gpt-4o"),
            (Form::Wire, "anthropic"),
            (Form::Variable, "OFFICE_API_KEY"),
        ] {
            assert_eq!(form.check(good), Ok(()), "{form:?}");
            let wrong = if form == Form::Text { "  " } else { "sk-planted key" };
            let message = form.check(wrong).unwrap_err();
            assert!(!message.contains("planted") && !message.ends_with('.'), "{message}");
        }
    }
}
