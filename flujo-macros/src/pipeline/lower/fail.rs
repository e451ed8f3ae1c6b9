//! `fail`: the end of a pipeline as failed.

use super::{Code, Lower};
use crate::names;
use crate::pipeline::model::Fail;
use crate::tokens::braced;
use quote::{quote, quote_spanned};

impl Lower<'_> {
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
