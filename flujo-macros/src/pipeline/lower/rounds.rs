//! The part that `repeat` and `refine` share: the bound, the error after the last round, `.settle()`.

use super::{Code, Lower};
use crate::names;
use crate::pipeline::model::{Count, NodeIndex};
use crate::tokens::braced;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

impl Lower<'_> {
    /// The most rounds: checked once, in front of the first.
    pub(super) fn max(&self, node: NodeIndex, form: &str, count: &Count, at: Span) -> (Ident, TokenStream) {
        let ty = {
            let at = count.plain.at;
            quote_spanned!(at=> u32)
        };
        let (given, bind) = self.typed(node, "given", &ty, &count.plain);
        let (cx, label) = (self.cx(at), self.label(node));
        let (max, arms) = (self.local_of(node, "max", at), self.propagate(at));
        let check = quote_spanned!(at=> let #max = match #cx.max_rounds(#label, #form, #given) #arms;);
        (max, quote!(#bind #check))
    }

    /// The end of a loop after its last round: the error, or the last value with `.or_last()`.
    pub(super) fn over(
        &self,
        node: NodeIndex,
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
        let (cx, label) = (self.cx(at), self.label(node));
        quote_spanned!(at=> return #here::Err(#cx.exhausted(#label, (#form, #round), &#last, #said)))
    }

    /// A loop as it is, or with its failure as a value.
    pub(super) fn settled(
        &self,
        node: NodeIndex,
        code: TokenStream,
        settle: bool,
        weight: usize,
        at: Span,
    ) -> Code {
        let pr = names::private();
        if !settle {
            return Code { tokens: braced(code, at), weight, at };
        }
        let (cx, ended, arms) = (self.cx(at), self.local_of(node, "ended", at), self.propagate(at));
        let value = self.local_of(node, "value", at);
        let bind = quote_spanned!(at=> let #value =);
        let body = braced(quote!(#bind { #code }; #pr::done(#value)), at);
        let result = if self.is_timed(node) {
            // A timeout is a failure of the loop, and `.settle()` makes it a value too.
            quote_spanned!(at=> #cx.in_time(#ended))
        } else {
            quote_spanned!(at=> #ended)
        };
        let run = quote_spanned!(at=> let #ended = (async #body).await; match #cx.settled(#result) #arms);
        Code { tokens: braced(run, at), weight: 1, at }
    }
}
