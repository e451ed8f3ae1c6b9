//! Forms with limits or a timeout: what is in them runs on a driver of its own, which pays from the form's
//! account too, or which has only so much time.

use super::{Code, Lower};
use crate::names;
use crate::pipeline::model::{Node, NodeIndex, Plain, What};
use crate::tokens::braced;
use proc_macro2::Ident;
use quote::{quote, quote_spanned};

impl Lower<'_> {
    /// `code` of a form, under its limits and within its time if it has some.
    pub(super) fn bounded(&self, node: NodeIndex, word: &Ident, code: Code) -> Code {
        let Some(Node { within, .. }) = self.pipeline.nodes.get(node) else { return code };
        let code = match &within.timeout {
            Some(limit) => self.timed(node, word, limit, code),
            None => code,
        };
        match &within.limits {
            Some(limits) => self.limited(node, word, limits, code),
            None => code,
        }
    }

    /// Whether the form has a timeout.
    pub(super) fn is_timed(&self, node: NodeIndex) -> bool {
        self.pipeline.nodes.get(node).is_some_and(|node| node.within.timeout.is_some())
    }

    fn timed(&self, node: NodeIndex, word: &Ident, limit: &Plain, code: Code) -> Code {
        let pr = names::private();
        let (at, limit_at) = (word.span(), limit.at);
        let ty = names::item_at("Duration", limit_at);
        let (local, bind) = self.typed(node, "timeout", &ty, limit);
        let (cx, id, arms) = (self.cx(at), self.label(node), self.propagate(at));
        let driver = self.local_of(node, "timed", at);
        let begin = quote_spanned!(at=>
            let mut #driver = #cx.timed(#id, #local);
            #[allow(clippy::shadow_unrelated, reason = "in a form with a timeout, its driver is the driver")]
            let #cx = &mut #driver;
        );
        let (value, ended) = (self.local_of(node, "done", at), self.local_of(node, "in_time", at));
        let Code { tokens, .. } = code;
        // An early end of the form stays in this block: the scope sees it before the pipeline does.
        let keep = quote_spanned!(at=> let #value =);
        let body = braced(quote!(#keep #tokens; #pr::done(#value)), at);
        let run = quote_spanned!(at=> let #ended = (async #body).await; match #cx.in_time(#ended) #arms);
        Code { tokens: braced(quote!(#bind #begin #run), at), weight: 1, at }
    }

    fn limited(&self, node: NodeIndex, word: &Ident, limits: &Plain, code: Code) -> Code {
        let (at, name_at) = (word.span(), limits.at);
        let ty = names::item_at("UsageLimits", name_at);
        let (local, bind) = self.typed(node, "limits", &ty, limits);
        let (cx, id, arms) = (self.cx(at), self.label(node), self.propagate(at));
        let driver = self.local_of(node, "limited", at);
        let begin = quote_spanned!(at=>
            let mut #driver = match #cx.limited(#id, #local) #arms;
            #[allow(clippy::shadow_unrelated, reason = "in a form with limits, its driver is the driver")]
            let #cx = &mut #driver;
        );
        let Code { tokens, weight, .. } = code;
        Code { tokens: braced(quote!(#bind #begin #tokens), at), weight, at }
    }

    /// The name of a form where it has an account or a watch of its own, or is told of. Loops are no segment of paths
    /// and need no name: theirs is that of the first node in them, and of the loops around them that begin with the
    /// same one.
    pub(super) fn label(&self, node: NodeIndex) -> String {
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
