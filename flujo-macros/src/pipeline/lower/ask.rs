//! `ask`: a question to a person.

use super::{Code, Lower};
use crate::pipeline::model::Ask;
use crate::tokens::braced;
use quote::{quote, quote_spanned};

impl Lower<'_> {
    pub(super) fn ask(&self, ask: &Ask) -> Code {
        let at = ask.word.span();
        let (message, options, reply) = (&ask.message, &ask.options, &ask.reply);
        let (cx, question, arms) = (self.cx(at), self.local("question", at), self.propagate(at));
        let built = quote_spanned!(at=> #cx.question);
        let built = self.reading(ask.reads_context, quote!(#built(#message) #options));
        let id = self.id(ask.node);
        let bind = quote_spanned!(at=> let #question =);
        // a type that cannot be a reply is reported here, at the user's annotation, and nowhere else
        let asked = quote_spanned!(at=> match #cx.ask::<#reply>(#id, #question).await #arms);
        Code { tokens: braced(quote!(#bind #built; #asked), at), weight: 1, at }
    }
}
