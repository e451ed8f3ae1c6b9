//! `gate`: validators of a value.

use super::{Code, Lower};
use crate::pipeline::model::Gate;
use crate::tokens::braced;
use proc_macro2::Ident;
use quote::{quote, quote_spanned};

impl Lower<'_> {
    pub(super) fn gate(&self, form: &Gate) -> Code {
        let (at, node) = (form.word.span(), form.node);
        let (cx, id, arms) = (self.cx(at), self.id(form.node), self.propagate(at));
        let value = self.local_of(node, "value", form.value.at);
        let (value_at, given) = (form.value.at, self.plain(&form.value).tokens);
        let bind = quote_spanned!(value_at=> let #value =);
        let validators_at = form.validators.at;
        let (validators, asked) =
            (self.local_of(node, "validators", validators_at), self.plain(&form.validators).tokens);
        let bind_validators = quote_spanned!(validators_at=> let #validators =);
        let mut strict_bind = quote!();
        let mut strict = quote_spanned!(at=> true);
        if let Some(plain) = &form.strict {
            let ty = {
                let at = plain.at;
                quote_spanned!(at=> bool)
            };
            let (local, bind) = self.typed(node, "strict", &ty, plain);
            strict_bind = bind;
            strict = quote_spanned!(at=> #local);
        }
        let mut plugins = quote!();
        let mut gate = quote_spanned!(at=> gate(#id, #value, #validators, #strict));
        if let Some(first) = form.plugins.first().map(|plugin| plugin.at).or(form.keeps) {
            let methods = form.plugins.iter().map(|plugin| &plugin.tokens);
            let (local, empty) = (self.local("plugins", first), quote_spanned!(first=> #cx.plugins(&#value)));
            let reads = form.plugins.iter().find_map(|plugin| plugin.reads_context);
            let built = self.reading(reads, quote!(#empty #(#methods)*));
            plugins = quote_spanned!(first=> let #local = #built;);
            let with = match form.keeps {
                Some(at) => Ident::new("gate_keeping", at),
                None => Ident::new("gate_with", at),
            };
            gate = quote_spanned!(at=> #with(#id, #value, #validators, #strict, #local));
        }
        let run = quote_spanned!(at=> match #cx.#gate.await #arms);
        let tokens = quote!(#bind #given; #bind_validators #asked; #plugins #strict_bind #run);
        Code { tokens: braced(tokens, at), weight: 1, at }
    }
}
