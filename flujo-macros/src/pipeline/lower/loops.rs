//! `repeat` and `refine`: loops of the same body, with a driver of its own for every round.

use super::{Code, Lower};
use crate::names;
use crate::pipeline::model::{Count, NodeIndex, Refine, Repeat};
use crate::tokens::braced;
use proc_macro2::{Ident, Span, TokenStream};
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
        let over = self.over("repeat", form.or_last, &round, [&last, &unsaid], at);
        let step = quote_spanned!(at=> #round += 1;);
        let done = quote_spanned!(at=> break #last);
        let check = quote_spanned!(at=> if #round >= #max { #over });
        let rounds = braced(quote!(#step #bind #tokens; #assign if #until { #done } #check), at);
        let count = quote_spanned!(at=> let mut #round = 0u32;);
        let all = quote_spanned!(at=> loop #rounds);
        let code = quote!(#max_bind #begin #seed; #count #all);
        self.settled(node, code, form.settle, body.weight + 1, at)
    }

    pub(super) fn refine(&self, form: &Refine) -> Code {
        let pr = names::private();
        let (at, node) = (form.word.span(), form.node);
        let here = names::private_at(at);
        let (cx, round) = (self.cx(at), self.local_of(node, "round", at));
        let (max, max_bind) = self.max(node, "refine", &form.max, at);
        let (feedback, revised) = (self.local_of(node, "feedback", at), self.local_of(node, "revised", at));
        let count = quote_spanned!(at=>
            let mut #round = 0u32;
            let mut #feedback: #here::Option<#here::Feedback> = #here::None;
        );
        let label = self.label(node);
        let inner = quote_spanned!(at=> #cx.round(#label, #round));
        let generator = self.inside(node, &form.generator, &inner, &quote!(#feedback), false);
        let (draft_at, draft_tokens) = (generator.at, &generator.tokens);
        let draft = self.local_of(node, "draft", draft_at);
        let bind_draft = quote_spanned!(draft_at=> let #draft =);
        // the critic gets a copy, since the draft is the output
        let copy = quote!(#pr::Clone::clone(&#draft));
        let inner = quote_spanned!(at=> #cx.same_round(#round));
        let critic = self.inside(node, &form.critic, &inner, &copy, false);
        let (critic_at, critic_tokens) = (critic.at, &critic.tokens);
        let critique = self.local_of(node, "critique", critic_at);
        let there = names::item_at("Critique", critic_at);
        let bind_critique = quote_spanned!(critic_at=> let #critique: #there =);
        let last = quote_spanned!(at=> #draft);
        let said = quote_spanned!(at=> #here::Some(#revised.as_str()));
        let over = self.over("refine", form.or_last, &round, [&last, &said], at);
        let judge = quote_spanned!(at=>
            match #critique {
                #here::Critique::Accept => break #last,
                #here::Critique::Revise(#revised) => {
                    if #round >= #max { #over }
                    #feedback = #here::Some(#revised);
                }
            }
        );
        let step = quote_spanned!(at=> #round += 1;);
        let rounds =
            braced(quote!(#step #bind_draft #draft_tokens; #bind_critique #critic_tokens; #judge), at);
        let all = quote_spanned!(at=> loop #rounds);
        let code = quote!(#max_bind #count #all);
        self.settled(node, code, form.settle, generator.weight + critic.weight + 1, at)
    }

    /// The most rounds: checked once, in front of the first.
    fn max(&self, node: NodeIndex, form: &str, count: &Count, at: Span) -> (Ident, TokenStream) {
        let ty = {
            let at = count.plain.at;
            quote_spanned!(at=> u32)
        };
        let (given, bind) = self.typed(node, "given", &ty, &count.plain);
        let (cx, max, arms) = (self.cx(at), self.local_of(node, "max", at), self.propagate(at));
        let check = quote_spanned!(at=> let #max = match #cx.max_rounds(#form, #given) #arms;);
        (max, quote!(#bind #check))
    }

    /// What happens when no round is left.
    fn over(
        &self,
        form: &str,
        or_last: bool,
        round: &Ident,
        [last, said]: [&TokenStream; 2],
        at: Span,
    ) -> TokenStream {
        let here = names::private_at(at);
        if or_last {
            return quote_spanned!(at=> break #last);
        }
        let cx = self.cx(at);
        quote_spanned!(at=> return #here::Err(#cx.exhausted(#form, #round, &#last, #said)))
    }

    /// A loop as it is, or with its failure as a value.
    fn settled(&self, node: NodeIndex, code: TokenStream, settle: bool, weight: usize, at: Span) -> Code {
        let pr = names::private();
        if !settle {
            return Code { tokens: braced(code, at), weight, at };
        }
        let (cx, ended, arms) = (self.cx(at), self.local_of(node, "ended", at), self.propagate(at));
        let value = self.local_of(node, "value", at);
        let bind = quote_spanned!(at=> let #value =);
        let body = braced(quote!(#bind { #code }; #pr::done(#value)), at);
        let result = if self.is_timed(node) {
            // That its time is up is a failure of the loop, and so a value too.
            quote_spanned!(at=> #cx.in_time(#ended))
        } else {
            quote_spanned!(at=> #ended)
        };
        let run = quote_spanned!(at=> let #ended = (async #body).await; match #cx.settled(#result) #arms);
        Code { tokens: braced(run, at), weight: 1, at }
    }
}
