//! `join`: arms are async blocks of the same body, polled together. They borrow earlier bindings, and a
//! value that two of them take is an ordinary "use of moved value".

use super::call::Halves;
use super::{Code, Lower};
use crate::pipeline::model::{Flow, Join, NodeIndex};
use crate::tokens::braced;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

impl Lower<'_> {
    pub(super) fn join(&self, join: &Join) -> Code {
        let (at, node) = (join.word.span(), join.node);
        let (mut binds, mut arms, mut forks) = (Vec::new(), Vec::new(), Vec::new());
        for (i, (arm_at, flow)) in join.arms.iter().enumerate() {
            let fork = self.local(&format!("fork{node}_{i}"), at);
            let (code, arm_at) = match flow {
                Flow::Call(call) => {
                    let Halves { bind, run, at } = self.halves(call, &format!("call{node}_{i}"));
                    binds.push(bind);
                    (run, at)
                }
                flow => (self.flow(flow).tokens, *arm_at),
            };
            arms.push(self.arm(node, &code, &fork, arm_at));
            forks.push(fork);
        }
        let n = forks.len();
        let (cx, label) = (self.cx(at), self.id(join.node));
        let (scope, point, joined) = (
            self.local_of(node, "scope", at),
            self.local_of(node, "point", at),
            self.local_of(node, "joined", at),
        );
        let all = Ident::new(&format!("{}{n}", if join.settle { "settle" } else { "join" }), at);
        let (joined_arms, merged_arms) = (self.propagate(at), self.propagate(at));
        let begin = quote_spanned!(at=> let [#(mut #forks),*] = #cx.forks(#label););
        let run = quote_spanned!(at=>
            let #joined = {
                let (#scope, #point) = #cx.fork_point();
                #point.#all([#(#forks.slot()),*], #(#arms),*).await
            };
            let #joined = match #joined #joined_arms;
            match #cx.merge([#(#forks),*]) #merged_arms
            #joined
        );
        Code { tokens: braced(quote!(#(#binds)* #begin #run), at), weight: n + 1, at }
    }

    fn arm(&self, node: NodeIndex, code: &TokenStream, fork: &Ident, at: Span) -> TokenStream {
        let (scope, inner, cx) =
            (self.local_of(node, "scope", at), self.local_of(node, "inner", at), self.cx(at));
        let value = self.local_of(node, "arm", at);
        let body = quote_spanned!(at=>
            let mut #inner = #scope.arm(&mut #fork);
            #[allow(clippy::shadow_unrelated, reason = "in an arm, the arm's fork is the context")]
            let #cx = &mut #inner;
            let #value = #code;
            #cx.end(#value)
        );
        let body = braced(body, at);
        quote_spanned!(at=> async #body)
    }
}
