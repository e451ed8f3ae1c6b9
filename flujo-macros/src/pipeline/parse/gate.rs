//! `gate`: validators of a value.

use super::FlowParser;
use super::forms::{form_id, name_at};
use crate::mistake;
use crate::pipeline::model::{Broken, Gate, Plain, What};
use crate::tokens::parenthesized;
use proc_macro2::Ident;
use quote::quote;
use syn::{ExprCall, ExprMethodCall};

impl FlowParser<'_> {
    pub(super) fn gate(
        &mut self,
        word: &Ident,
        call: &ExprCall,
        options: &[&ExprMethodCall],
    ) -> Result<Gate, Broken> {
        let options = self.options_of(word, options);
        let [value, validators] = call.args.iter().collect::<Vec<_>>()[..] else {
            return Err(self.errors.broken(
                word, mistake::form_arguments,
                "`gate` takes a value and its validators\nwrite `let text = gate(text, NoPii);`, or `(NoPii, Short)` for several",
            ));
        };
        let value = self.plain(value);
        let validators = self.validators(validators);
        let plugins = options.plugins.iter().map(|(option, plugin)| {
            let Plain { tokens, reads_context, .. } = self.plain(plugin);
            let (dot, method, at) = (&option.dot_token, &option.method, option.method.span());
            let args = parenthesized(tokens, option.paren_token.span.join());
            Plain { tokens: quote!(#dot #method #args), at, reads_context }
        });
        let plugins = plugins.collect();
        let strict = options.strict.map(|strict| self.plain(strict));
        let id = form_id(options.name.as_ref(), word);
        let node = self.node(
            id,
            name_at(options.name.as_ref(), word),
            What::Gate { keeps: options.keeps.is_some() },
        );
        self.show(node, options.shown);
        Ok(Gate { node, word: word.clone(), value, validators, plugins, keeps: options.keeps, strict })
    }
}
