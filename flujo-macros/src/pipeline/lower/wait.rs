//! `wait`: a durable timer.

use super::{Code, Lower};
use crate::names;
use crate::pipeline::model::Wait;
use crate::tokens::braced;
use quote::{quote, quote_spanned};

impl Lower<'_> {
    pub(super) fn wait(&self, form: &Wait) -> Code {
        let (at, node) = (form.word.span(), form.node);
        let (cx, id, arms) = (self.cx(at), self.id(form.node), self.propagate(at));
        let duration_at = form.duration.at;
        let ty = names::item_at("Duration", duration_at);
        let (local, bind) = self.typed(node, "wait", &ty, &form.duration);
        let run = quote_spanned!(at=> match #cx.wait(#id, #local).await #arms);
        Code { tokens: braced(quote!(#bind #run), at), weight: 1, at }
    }
}
