//! The part that `map` and `route` share: one async block for each item, polled together. It is no `move`
//! block: it borrows the bindings that it names, and consuming one is an error at the user's token.

use super::{Code, Lower};
use crate::names;
use crate::pipeline::model::NodeIndex;
use crate::tokens::braced;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

/// The body, and the names that it has for its copy of the context and for its item.
pub(super) struct PerItem {
    pub node: NodeIndex,
    pub fork: Ident,
    pub item: Ident,
    pub body: Code,
}

impl Lower<'_> {
    pub(super) fn per_item(
        &self,
        per_item: PerItem,
        items: &Ident,
        width: &TokenStream,
        point: &TokenStream,
        settle: bool,
        at: Span,
    ) -> TokenStream {
        let pr = names::private();
        let PerItem { node, fork, item, body: Code { tokens, at: body_at, .. } } = per_item;
        let (cx, scope, parted) =
            (self.cx(at), self.local_of(node, "scope", at), self.local_of(node, "point", at));
        let (own, mapped, done) = (
            self.local_of(node, "own", at),
            self.local_of(node, "mapped", at),
            self.local_of(node, "done", body_at),
        );
        let method = Ident::new(if settle { "map_settled" } else { "map" }, at);
        let (mapped_arms, merged_arms) = (self.propagate(at), self.propagate(at));
        let begin = quote_spanned!(at=> let (mut #fork, #item) = #own.take(););
        let bind = quote_spanned!(body_at=> let #done =);
        let block = braced(quote!(#begin #bind #tokens; #pr::done((#done, #fork))), body_at);
        let closure = quote_spanned!(body_at=> |#own| async #block);
        quote_spanned!(at=>
            let #mapped = {
                let (#scope, #parted) = #point;
                #parted.#method(#items, #width, #closure).await
            };
            let #mapped = match #mapped #mapped_arms;
            match #cx.merge_items(#mapped) #merged_arms
        )
    }
}
