//! Validators, one or a tuple of them.

use super::FlowParser;
use crate::pipeline::model::Plain;
use crate::tokens::parenthesized;
use quote::quote_spanned;
use syn::Expr;

impl FlowParser<'_> {
    /// One validator becomes a tuple of one.
    pub(super) fn validators(&mut self, expr: &Expr) -> Plain {
        let plain = self.plain(expr);
        if matches!(expr, Expr::Tuple(_)) {
            return plain;
        }
        let Plain { tokens, at, reads_context } = plain;
        Plain { tokens: parenthesized(quote_spanned!(at=> #tokens,), at), at, reads_context }
    }
}
