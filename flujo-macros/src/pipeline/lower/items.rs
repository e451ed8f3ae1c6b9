//! `map` and `route`: one async block for every item, polled together. It is no `move` block: what it names
//! is borrowed, and what it consumes is an error at the user's token.

use super::{Code, Lower};
use crate::names;
use crate::pipeline::model::{Map, NodeIndex, Route};
use crate::tokens::braced;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

impl Lower<'_> {
    pub(super) fn map(&self, form: &Map) -> Code {
        let (at, node) = (form.word.span(), form.node);
        let here = names::private_at(at);
        let (cx, id) = (self.cx(at), self.id(form.node));
        let (mut binds, mut max) = (TokenStream::new(), names::item_at("None", at));
        if let Some(count) = &form.max {
            let ty = {
                let at = count.plain.at;
                quote_spanned!(at=> u32)
            };
            let (local, bind) = self.typed(node, "max", &ty, &count.plain);
            binds.extend(bind);
            max = quote_spanned!(at=> #here::Some(#local));
        }
        let mut width = names::item_at("CONCURRENCY", at);
        if let Some(plain) = &form.concurrency {
            let ty = {
                let at = plain.at;
                quote_spanned!(at=> usize)
            };
            let (local, bind) = self.typed(node, "width", &ty, plain);
            binds.extend(bind);
            let arms = self.propagate(at);
            binds.extend(quote_spanned!(at=> let #local = match #cx.concurrency(#id, #local) #arms;));
            width = quote_spanned!(at=> #local);
        }
        let items_at = form.items.at;
        let (reader, items, plain) =
            (self.cx(items_at), self.local_of(node, "items", at), &form.items.tokens);
        let taken = quote_spanned!(items_at=> #reader.items(#id, #plain, #max));
        let (taken, arms) = (self.reading(form.items.reads_context, taken), self.propagate(at));
        let bind = quote_spanned!(at=> let #items = match #taken #arms;);
        let scope = self.local_of(node, "scope", at);
        let copy = self.local_of(node, "fork", at);
        let inner = quote_spanned!(at=> #scope.item(&mut #copy));
        let one = self.local_of(node, "item", at);
        let body = self.inside(node, &form.body, &inner, &quote!(#one), true);
        let each = Each { node, fork: copy, item: one, body };
        let point = quote_spanned!(at=> #cx.map_point(#id));
        let run = self.each(each, &items, &width, &point, form.settle, at);
        Code { tokens: braced(quote!(#binds #bind #run), at), weight: 2, at }
    }

    pub(super) fn route(&self, form: &Route) -> Code {
        let pr = names::private();
        let (at, node) = (form.word.span(), form.node);
        let (cx, id, set_at) = (self.cx(at), self.id(form.node), form.set.at);
        let ty = {
            let pr = names::private_at(set_at);
            quote_spanned!(set_at=> #pr::BTreeSet<_>)
        };
        let (chosen, bind) = self.typed(node, "set", &ty, &form.set);
        let (scope, copy, element) = (
            self.local_of(node, "scope", at),
            self.local_of(node, "fork", at),
            self.local_of(node, "item", at),
        );
        let inner = quote_spanned!(at=> #scope.selected(&mut #copy));
        let pat = &form.pat;
        let body = self.driven(node, &inner, &quote!(let #pat = #element;), self.match_(&form.arms), true);
        let each = Each { node, fork: copy, item: element, body };
        let list = self.local_of(node, "items", at);
        let bind = quote!(#bind let #list = #pr::Vec::from_iter(#chosen););
        let width = names::item_at("ALL_AT_ONCE", at);
        let point = quote_spanned!(at=> #cx.map_point(#id));
        let run = self.each(each, &list, &width, &point, form.settle, at);
        Code { tokens: braced(quote!(#bind #run), at), weight: 2, at }
    }

    fn each(
        &self,
        each: Each,
        items: &Ident,
        width: &TokenStream,
        point: &TokenStream,
        settle: bool,
        at: Span,
    ) -> TokenStream {
        let pr = names::private();
        let Each { node, fork, item, body: Code { tokens, at: body_at, .. } } = each;
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

/// The body, and the names that it has for its copy of the context and for its item.
struct Each {
    node: NodeIndex,
    fork: Ident,
    item: Ident,
    body: Code,
}
