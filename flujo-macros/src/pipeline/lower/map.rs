//! `map`: one body for each item of a list.

use super::per_item::PerItem;
use super::{Code, Lower};
use crate::names;
use crate::pipeline::model::Map;
use crate::tokens::braced;
use proc_macro2::TokenStream;
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
        let per_item = PerItem { node, fork: copy, item: one, body };
        let point = quote_spanned!(at=> #cx.map_point(#id));
        let run = self.per_item(per_item, &items, &width, &point, form.settle, at);
        Code { tokens: braced(quote!(#binds #bind #run), at), weight: 2, at }
    }
}
