//! Forms with limits: what is in them runs on a driver of its own, which pays from the form's account too.

use super::{Code, Lower, braced};
use crate::pipeline::model::{Node, NodeIndex, What};
use proc_macro2::Ident;
use quote::{quote, quote_spanned};

impl Lower<'_> {
    /// `code` of a form, under its limits if it has some.
    pub(super) fn limited(&self, node: NodeIndex, word: &Ident, code: Code) -> Code {
        let Some(limits) = self.pipeline.nodes.get(node).and_then(|node| node.limits.as_ref()) else {
            return code;
        };
        let (at, name_at) = (word.span(), limits.at);
        let ty = quote_spanned!(name_at=> ::flujo::__private::UsageLimits);
        let (local, bind) = self.typed(node, "limits", &ty, limits);
        let (cx, id, arms) = (self.cx(at), self.account(node), self.propagate(at));
        let driver = self.local_of(node, "limited", at);
        let begin = quote_spanned!(at=>
            let mut #driver = match #cx.limited(#id, #local) #arms;
            #[allow(clippy::shadow_unrelated, reason = "in a form with limits, its driver is the driver")]
            let #cx = &mut #driver;
        );
        let Code { tokens, weight, .. } = code;
        Code { tokens: braced(quote!(#bind #begin #tokens), at), weight, at }
    }

    /// The name of a form's account. Loops are no segment of paths and need no name: theirs is that of the first
    /// node in them, and of the loops around them that begin with the same one.
    fn account(&self, node: NodeIndex) -> String {
        let nodes = &self.pipeline.nodes;
        let word = match nodes.get(node).map(|node| &node.what) {
            Some(What::Repeat) => "repeat",
            Some(What::Refine) => "refine",
            _ => return self.id(node).to_owned(),
        };
        if self.id(node) != word {
            return self.id(node).to_owned();
        }
        let first = |from: NodeIndex| {
            nodes.iter().enumerate().skip(from).find(|(_, node)| node.what.in_path()).map(|(i, _)| i)
        };
        let inside = first(node);
        let unnamed = |node: &Node| node.id == word && node.what.is_loop();
        let around =
            nodes.iter().take(node).enumerate().filter(|(i, outer)| unnamed(outer) && first(*i) == inside);
        let label = format!("{word}:{}", inside.map_or("", |inside| self.id(inside)));
        match around.count() {
            0 => label,
            n => format!("{label}:{}", n + 1),
        }
    }
}
