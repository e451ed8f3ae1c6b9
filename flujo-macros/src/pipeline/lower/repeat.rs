//! `repeat`: a body with a driver of its own for every round.

use super::{Code, Lower};
use crate::names;
use crate::pipeline::model::Repeat;
use crate::tokens::braced;
use quote::{quote, quote_spanned};

impl Lower<'_> {
    pub(super) fn repeat(&self, form: &Repeat) -> Code {
        let (at, node) = (form.word.span(), form.node);
        let here = names::private_at(at);
        let (cx, round) = (self.cx(at), self.local_of(node, "round", at));
        let (max, max_bind) = self.max(node, "repeat", &form.max, at);
        let seed_at = form.seed.at;
        let (state, seed) = (self.local_of(node, "state", seed_at), self.plain(&form.seed).tokens);
        let begin = quote_spanned!(seed_at=> let mut #state =);
        let label = self.label(node);
        let inner = quote_spanned!(at=> #cx.round(#label, #round));
        let body = self.inside(node, &form.body, &inner, &quote!(#state), false);
        // both carry the body's span: a body of another type is reported there. It is assigned as a pattern,
        // since rustc has no suggestion then, which would put a conversion into the middle of the call
        let (body_at, tokens) = (body.at, &body.tokens);
        let next = self.local_of(node, "next", body_at);
        let bind = quote_spanned!(body_at=> let #next =);
        let assigned = self.local_of(node, "state", body_at);
        let assign = quote_spanned!(body_at=> (#assigned,) = (#next,););
        let until_at = form.until.at;
        let (until_cx, holds) = (self.cx(until_at), &form.until.tokens);
        let until = quote_spanned!(until_at=> #until_cx.until(&#state, #holds));
        let until = self.reading(form.until.reads_context, until);
        let last = quote_spanned!(at=> #state);
        let unsaid = quote_spanned!(at=> #here::None);
        let over = self.over(node, "repeat", form.or_last, &round, [&last, &unsaid], at);
        let step = quote_spanned!(at=> #round += 1;);
        let done = quote_spanned!(at=> break #last);
        let check = quote_spanned!(at=> if #round >= #max { #over });
        let rounds = braced(quote!(#step #bind #tokens; #assign if #until { #done } #check), at);
        let count = quote_spanned!(at=> let mut #round = 0u32;);
        let all = quote_spanned!(at=> loop #rounds);
        let code = quote!(#max_bind #begin #seed; #count #all);
        self.settled(node, code, form.settle, body.weight + 1, at)
    }
}
