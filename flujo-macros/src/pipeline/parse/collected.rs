//! A list that a loop fills: `let mut all = Vec::new(); for x in xs { all.push(step(x)); }`. That is one mistake, and `map` is what
//! is meant.

use super::FlowParser;
use super::stmt::Binding;
use crate::mistake;
use crate::pipeline::model::Flow;
use crate::token_text::text_of;
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, ExprForLoop, Local, Pat, Stmt};

/// The longest `map` that a message writes, in characters.
const LONGEST: usize = 90;

impl FlowParser<'_> {
    /// Reports the loop, if a loop in `later` fills the variable of this `let mut`. What follows hangs on the type of the
    /// variable, which only the loop could say.
    pub(super) fn collected(&mut self, local: &Local, later: &[Stmt]) -> Option<Flow> {
        let Pat::Ident(pat) = untyped(&local.pat) else { return None };
        pat.mutability?;
        let fills = |stmt: &&Stmt| match stmt {
            Stmt::Expr(expr @ (Expr::ForLoop(_) | Expr::While(_) | Expr::Loop(_)), _) => {
                has(expr.to_token_stream(), &pat.ident)
            }
            _ => false,
        };
        let Stmt::Expr(expr, _) = later.iter().find(fills)? else { return None };
        let as_map = match expr {
            Expr::ForLoop(each) => self.as_map(&pat.ident, each),
            _ => None,
        };
        Some(as_map.unwrap_or_else(|| self.flow(expr, Binding::default())))
    }

    /// The loop as a `map`, if it only pushes a call.
    fn as_map(&mut self, all: &Ident, each: &ExprForLoop) -> Option<Flow> {
        let [Stmt::Expr(Expr::MethodCall(push), _)] = each.body.stmts.as_slice() else { return None };
        let called =
            push.method == "push" && matches!(&*push.receiver, Expr::Path(path) if path.path.is_ident(all));
        let call = push.args.first().filter(|call| called && matches!(call, Expr::Call(_)))?;
        let map =
            format!("let {all} = map({}, |{}| {});", text_of(&each.expr), text_of(&each.pat), text_of(call));
        if map.chars().count() > LONGEST {
            return None;
        }
        let message = format!("a pipeline has no `for`: the graph lists every call\nwrite `{map}`");
        Some(Flow::Broken(self.errors.broken_span(each.for_token.span, mistake::loop_in_pipeline, message)))
    }
}

fn untyped(pat: &Pat) -> &Pat {
    match pat {
        Pat::Type(typed) => &typed.pat,
        pat => pat,
    }
}

fn has(tokens: TokenStream, name: &Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == *name,
        TokenTree::Group(group) => has(group.stream(), name),
        _ => false,
    })
}
