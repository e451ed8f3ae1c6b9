//! Calls of steps and pipelines: everything that rustc may say about one hangs on the callee's span.

use super::{Code, Lower};
use crate::names;
use crate::pipeline::callee::{Callees, lint_levels};
use crate::pipeline::model::{Call, Input, NodeIndex, What};
use crate::pipeline::offered;
use crate::tokens::{braced, group};
use proc_macro2::{Delimiter, Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

/// A call in two parts: an arm of `join` evaluates its arguments before any arm starts.
pub(super) struct Halves {
    /// `let call = step(args).options();`
    pub bind: TokenStream,
    /// `match cx.run(id, call).await { .. }`
    pub run: TokenStream,
    pub at: Span,
}

impl Lower<'_> {
    pub(super) fn call(&self, call: &Call) -> Code {
        let Halves { bind, run, at } = self.halves(call, "call");
        Code { tokens: braced(quote!(#bind #run), at), weight: 1, at }
    }

    pub(super) fn halves(&self, call: &Call, local: &str) -> Halves {
        let at = call.path.segments.last().map_or_else(|| call.path.span(), |last| last.ident.span());
        let built = self.reading(call.reads_context, self.built(call));
        let (cx, local) = (self.cx(at), self.local(local, at));
        let (id, arms) = (self.id(call.node), self.propagate(at));
        let tools = self.tools(call.node);
        let run = match (&tools, call.settle) {
            (None, false) => "run",
            (None, true) => "run_settled",
            (Some(_), false) => "run_offering",
            (Some(_), true) => "run_offering_settled",
        };
        let (run, tools) = (Ident::new(run, at), tools.map(|tools| quote!(, #tools)));
        let bind = quote_spanned!(at=> let #local =);
        Halves {
            bind: quote!(#bind #built;),
            run: quote_spanned!(at=> match #cx.#run(#id, #local #tools).await #arms),
            at,
        }
    }

    /// The tools of a call, as a function that makes them: nothing is made where the call is not made.
    fn tools(&self, node: NodeIndex) -> Option<TokenStream> {
        let What::Call { tools, .. } = &self.pipeline.nodes.get(node)?.what else { return None };
        if tools.list.is_empty() {
            return None;
        }
        let pr = names::private();
        // Named here by aliases of their own: one that is no step, or does not exist, is reported by a check alone.
        let mut callees = Callees::default();
        let mut aliases = Vec::new();
        let offers = tools.list.iter().enumerate().map(|(nth, (listed, _))| {
            if let Some((alias, item)) = offered::server_type(nth, listed) {
                aliases.push(item);
                return offered::server(listed, &alias, &TokenStream::new());
            }
            // All of the call is located at the tool, so that rustc reports a missing bound there.
            let (at, ty) = (listed.path.span(), callees.of(&listed.path).ty());
            let (local, tool) = (names::local("__tool", at), names::item_at("Tool", at));
            let offered = quote_spanned!(at=> { let #local = #tool::of::<#ty>; #local() });
            offered::asking(listed, &ty, offered)
        });
        let offers: Vec<_> = offers.collect();
        let (allowed, stand_ins, imports) = (lint_levels(), callees.stand_ins(), callees.imports());
        Some(quote! {
            &|| {
                #allowed
                let __tools = {
                    use #pr as __flujo;
                    #(#aliases)*
                    #stand_ins
                    {
                        #imports
                        #pr::vec![#(#offers),*]
                    }
                };
                __tools
            }
        })
    }

    /// The user's tokens, with what is only for us left out.
    fn built(&self, call: &Call) -> TokenStream {
        let callee = call.callee.code(&call.path);
        let args = match &call.input {
            Input::Args(paren, args) => group(Delimiter::Parenthesis, args.clone(), paren.span.join()),
            Input::Piped(left) => {
                let piped = self.local("piped", *left);
                group(Delimiter::Parenthesis, quote!(#piped), *left)
            }
        };
        let options = call.options.iter().map(|option| {
            let (dot, tokens) = (&option.dot, &option.tokens);
            match &option.stand_in {
                None => quote!(#dot #tokens),
                Some((method, path, callee)) => {
                    let (at, callee) = (path.span(), callee.code(path));
                    let method = Ident::new(method, at);
                    let method = quote_spanned!(at=> #method::<#callee>());
                    quote!(#dot #method)
                }
            }
        });
        quote!(#callee #args #(#options)*)
    }
}
