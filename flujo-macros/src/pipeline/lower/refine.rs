//! `refine`: a generator and a critic, both on the driver of their round.

use super::{Code, Lower};
use crate::names;
use crate::pipeline::model::Refine;
use crate::tokens::braced;
use quote::{quote, quote_spanned};

impl Lower<'_> {
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
        let over = self.over(node, "refine", form.or_last, &round, [&last, &said], at);
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
}
