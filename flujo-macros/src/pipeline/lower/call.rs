//! Calls of steps and pipelines: everything that rustc may say about one hangs on the callee's span.

use super::{Code, Lower};
use crate::pipeline::model::{Call, Input};
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
        let run = Ident::new(if call.settle { "run_settled" } else { "run" }, at);
        let (id, arms) = (self.id(call.node), self.propagate(at));
        let bind = quote_spanned!(at=> let #local =);
        Halves {
            bind: quote!(#bind #built;),
            run: quote_spanned!(at=> match #cx.#run(#id, #local).await #arms),
            at,
        }
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
