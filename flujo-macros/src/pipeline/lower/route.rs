//! `route`: the arms of a `match` that a set selects.

use super::per_item::PerItem;
use super::{Code, Lower};
use crate::names;
use crate::pipeline::model::Route;
use crate::tokens::braced;
use quote::{quote, quote_spanned};

impl Lower<'_> {
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
        let per_item = PerItem { node, fork: copy, item: element, body };
        let list = self.local_of(node, "items", at);
        let bind = quote!(#bind let #list = #pr::Vec::from_iter(#chosen););
        let width = names::item_at("ALL_AT_ONCE", at);
        let point = quote_spanned!(at=> #cx.map_point(#id));
        let run = self.per_item(per_item, &list, &width, &point, form.settle, at);
        Code { tokens: braced(quote!(#bind #run), at), weight: 2, at }
    }
}
