//! The words of the language, each with a file of its name beside this one, and what forms share.

use super::FlowParser;
use super::stmt::Binding;
use crate::mistake;
use crate::pipeline::model::{Body, Broken, Flow, Within};
use crate::token_text::text_of;
use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{ExprCall, ExprClosure, ExprMethodCall, LitStr, ReturnType};

/// The words of the language.
pub(super) const FORMS: [&str; 10] =
    ["value", "ask", "fail", "join", "repeat", "refine", "map", "route", "gate", "wait"];

impl FlowParser<'_> {
    /// The form that `word` names, if it names one.
    pub(super) fn form(
        &mut self,
        word: &Ident,
        call: &ExprCall,
        options: &[&ExprMethodCall],
        binding: Binding<'_>,
    ) -> Option<Flow> {
        let flow = match word.to_string().as_str() {
            "value" => self.value(word, call, options),
            "fail" => self.fail(word, call, options),
            "ask" => self.ask(word, call, options, binding).map_or_else(Flow::Broken, Flow::Ask),
            "join" => self.join(word, call, options).map_or_else(Flow::Broken, Flow::Join),
            "repeat" => self.repeat(word, call, options).map_or_else(Flow::Broken, Flow::Repeat),
            "refine" => self.refine(word, call, options).map_or_else(Flow::Broken, Flow::Refine),
            "map" => self.map(word, call, options, binding).map_or_else(Flow::Broken, Flow::Map),
            "route" => self.route(word, call, options).map_or_else(Flow::Broken, Flow::Route),
            "gate" => self.gate(word, call, options).map_or_else(Flow::Broken, Flow::Gate),
            "wait" => self.wait(word, call, options).map_or_else(Flow::Broken, Flow::Wait),
            _ => return None,
        };
        Some(flow)
    }

    /// A body in which nothing runs is plain Rust in the wrong place.
    pub(super) fn runs(&mut self, body: &Body, first: usize, word: &Ident) -> Result<(), Broken> {
        if self.runs_since(first) || matches!(body.flow, Flow::Broken(_)) {
            return Ok(());
        }
        let what = match &body.flow {
            Flow::Value(plain) => text_of(&plain.tokens),
            _ => String::new(),
        };
        let what = if what.is_empty() || what.len() > 40 {
            String::new()
        } else {
            format!(": `{what}` is plain Rust")
        };
        Err(self.errors.broken_span(
            body.at,
            mistake::runs_nothing,
            format!("this body calls no step{what}\ncall a step here, or compute the value without `{word}`"),
        ))
    }

    /// Sets the limits and the timeout of a form.
    pub(super) fn bound(&mut self, node: usize, within: Within) {
        if let Some(node) = self.nodes.get_mut(node) {
            node.within = within;
        }
    }

    pub(super) fn show(&mut self, node: usize, shown: Vec<(String, String)>) {
        if let Some(node) = self.nodes.get_mut(node) {
            node.options = shown;
        }
    }
}

/// The id of a form that is not named after its binding: its `.named(..)`, else its word.
pub(super) fn form_id(name: Option<&LitStr>, word: &Ident) -> String {
    name.map_or_else(|| word.to_string(), LitStr::value)
}

pub(super) fn name_at(name: Option<&LitStr>, word: &Ident) -> Span {
    name.map_or_else(|| word.span(), LitStr::span)
}

/// The tokens that the closure of a body has beyond `|pat| flow`.
pub(super) fn superfluous_of_body(closure: &ExprClosure) -> Option<TokenStream> {
    superfluous(&ExprClosure { inputs: Punctuated::new(), ..closure.clone() })
}

/// The tokens that an arm's closure has beyond `||`.
pub(super) fn superfluous(closure: &ExprClosure) -> Option<TokenStream> {
    let output = match &closure.output {
        ReturnType::Default => None,
        output @ ReturnType::Type(..) => Some(output.to_token_stream()),
    };
    let inputs = (!closure.inputs.is_empty()).then(|| closure.inputs.to_token_stream());
    let capture = closure.capture.map(ToTokens::into_token_stream);
    let asyncness = closure.asyncness.map(ToTokens::into_token_stream);
    asyncness.or(capture).or(inputs).or(output)
}
