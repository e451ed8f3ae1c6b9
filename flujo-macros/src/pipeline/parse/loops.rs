//! `repeat` and `refine`.

use super::FlowParser;
use super::body::FormOptions;
use crate::pipeline::model::{Body, Broken, Count, Flow, Plain, Refine, Repeat, What, Within};
use crate::token_text::text_of;
use proc_macro2::{Ident, Span};
use syn::spanned::Spanned;
use syn::{Expr, ExprCall, ExprMethodCall, LitStr};

impl FlowParser<'_> {
    pub(super) fn repeat(
        &mut self,
        word: &Ident,
        call: &ExprCall,
        options: &[&ExprMethodCall],
    ) -> Result<Box<Repeat>, Broken> {
        let options = self.options_of(word, options);
        let [seed, body] = call.args.iter().collect::<Vec<_>>()[..] else {
            return Err(self.errors.broken(
                word,
                "`repeat` takes the first value and a body\nwrite `repeat(first, |x| step(x)).until(|x| x.good).max(3)`",
            ));
        };
        let (until, max) = self.ends(word, &options)?;
        let seed = self.plain(seed);
        let node = self.node(
            form_id(options.name.as_ref(), word),
            name_at(options.name.as_ref(), word),
            What::Repeat,
        );
        let first = self.nodes.len();
        let body = self.body(body, seed.at, "|x| flow")?;
        self.runs(&body, first, word)?;
        let FormOptions { or_last, settle, shown, within, .. } = options;
        self.show(node, shown);
        self.bound(node, within);
        Ok(Box::new(Repeat { node, word: word.clone(), seed, body, until, max, or_last, settle }))
    }

    /// What ends a `repeat`: both are needed.
    fn ends(&mut self, word: &Ident, options: &FormOptions<'_>) -> Result<(Plain, Count), Broken> {
        let missing = match (options.until, &options.max) {
            (None, None) => {
                Some("`repeat` needs a condition and a bound\nadd `.until(|x| ..)` and `.max(n)`")
            }
            (None, Some(_)) => Some("`repeat` needs a condition\nadd `.until(|x| ..)`"),
            (Some(_), None) => Some("`repeat` needs a bound: every loop has one\nadd `.max(n)`"),
            (Some(_), Some(_)) => None,
        };
        if let Some(message) = missing {
            return Err(self.errors.broken(word, message));
        }
        let Some(until) = options.until else {
            return Err(self.errors.broken(word, "`repeat` needs `.until`"));
        };
        let holds = match until.args.iter().collect::<Vec<_>>()[..] {
            [holds @ Expr::Closure(closure)] if closure.inputs.len() == 1 => holds,
            [holds @ Expr::Path(_)] => holds,
            _ => {
                return Err(self.errors.broken(
                    &until.method,
                    "`until` takes a condition on the value of a round\nwrite `.until(|x| x.good)`",
                ));
            }
        };
        let Some(max) = &options.max else { return Err(self.errors.broken(word, "`repeat` needs `.max`")) };
        let max = Count { plain: max.plain.clone(), known: max.known.clone() };
        Ok((self.plain(holds), max))
    }

    pub(super) fn refine(
        &mut self,
        word: &Ident,
        call: &ExprCall,
        options: &[&ExprMethodCall],
    ) -> Result<Box<Refine>, Broken> {
        let options = self.options_of(word, options);
        let [generator, critic] = call.args.iter().collect::<Vec<_>>()[..] else {
            return Err(self.errors.broken(
                word,
                "`refine` takes a generator and a critic\nwrite `refine(|feedback| write(feedback), |draft| review(draft)).max(3)`",
            ));
        };
        let Some(max) = options.max else {
            return Err(self
                .errors
                .broken(word, "`refine` needs a bound: every loop has one\nadd `.max(n)`"));
        };
        let node = self.node(
            form_id(options.name.as_ref(), word),
            name_at(options.name.as_ref(), word),
            What::Refine,
        );
        let first = self.nodes.len();
        let generator = self.body(generator, generator.span(), "|feedback| flow")?;
        self.runs(&generator, first, word)?;
        let critic = self.body(critic, critic.span(), "|draft| flow")?;
        self.show(node, options.shown);
        self.bound(node, options.within);
        let (or_last, settle) = (options.or_last, options.settle);
        Ok(Box::new(Refine { node, word: word.clone(), generator, critic, max, or_last, settle }))
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
            format!("this body calls no step{what}\ncall a step here, or compute the value without `{word}`"),
        ))
    }

    /// What everything in a form may use, and how long it may take.
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

/// The id of a form that is no segment of a path.
fn form_id(name: Option<&LitStr>, word: &Ident) -> String {
    name.map_or_else(|| word.to_string(), LitStr::value)
}

pub(super) fn name_at(name: Option<&LitStr>, word: &Ident) -> Span {
    name.map_or_else(|| word.span(), LitStr::span)
}
