//! `map`: one body for each item of a list.

use super::FlowParser;
use super::stmt::Binding;
use crate::mistake;
use crate::names;
use crate::pipeline::model::{Broken, Map, What};
use proc_macro2::Ident;
use syn::{ExprCall, ExprMethodCall, LitStr};

impl FlowParser<'_> {
    pub(super) fn map(
        &mut self,
        word: &Ident,
        call: &ExprCall,
        options: &[&ExprMethodCall],
        binding: Binding<'_>,
    ) -> Result<Box<Map>, Broken> {
        let options = self.options_of(word, options);
        let [items, body] = call.args.iter().collect::<Vec<_>>()[..] else {
            return Err(self.errors.broken(
                word,
                mistake::form_arguments,
                "`map` takes items and a body\nwrite `let labels = map(items, |item| label(item));`",
            ));
        };
        let items = self.plain(items);
        let concurrency = options.concurrency.map(|n| self.plain(n));
        let id = options.name.as_ref().map(LitStr::value).or_else(|| binding.name.map(names::text));
        let at = options.name.as_ref().map(LitStr::span).or_else(|| binding.name.map(Ident::span));
        let what = What::Map { body: 0..0, word: word.span() };
        let node = self.node(id.unwrap_or_else(|| word.to_string()), at.unwrap_or_else(|| word.span()), what);
        let first = self.nodes.len();
        let body = self.body(body, items.at, "|item| flow")?;
        self.runs(&body, first, word)?;
        let nodes = first..self.nodes.len();
        if let Some(node) = self.nodes.get_mut(node) {
            node.what = What::Map { body: nodes, word: word.span() };
        }
        self.show(node, options.shown);
        self.bound(node, options.within);
        let (max, settle) = (options.max, options.settle);
        Ok(Box::new(Map { node, word: word.clone(), items, body, max, concurrency, settle }))
    }
}
