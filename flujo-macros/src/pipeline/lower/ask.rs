//! `ask` and `fail`.

use super::{Code, Lower};
use crate::names;
use crate::pipeline::model::{Ask, Fail};
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

    pub(super) fn fail(&self, fail: &Fail) -> Code {
        let pr = names::private();
        let at = fail.word.span();
        let (cx, error, message) = (self.cx(at), self.local("error", at), self.plain(&fail.message).tokens);
        let bind = quote_spanned!(at=> let #error = #cx.fail);
        let end = quote_spanned!(at=> return);
        let end = quote!(#end #pr::Err(#error));
        Code { tokens: braced(quote!(#bind(#message); #end), at), weight: 0, at }
    }
}
