//! A list that a loop fills: `let mut all = Vec::new(); for x in xs { all.push(step(x)); }`. That is one mistake, and `map` is what
//! is meant.

use super::FlowParser;
use super::flow::chain;
use super::steps_in_values::is_type_like;
use super::stmt::Binding;
use crate::mistake;
use crate::pipeline::model::Flow;
use crate::pipeline::unused::named;
use crate::token_text::text_of;
use proc_macro2::Ident;
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
                named(&expr.to_token_stream()).contains(&pat.ident.to_string())
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

    /// The loop as a `map`, if all that it does is to push what a step gives.
    fn as_map(&mut self, all: &Ident, each: &ExprForLoop) -> Option<Flow> {
        let [Stmt::Expr(Expr::MethodCall(push), _)] = each.body.stmts.as_slice() else { return None };
        let is_list = matches!(&*push.receiver, Expr::Path(path) if path.path.is_ident(all));
        if push.method != "push" || !is_list {
            return None;
        }
        let call = step_call(push.args.first()?)?;
        let map =
            format!("let {all} = map({}, |{}| {});", text_of(&each.expr), text_of(&each.pat), text_of(call));
        if map.chars().count() > LONGEST {
            return None;
        }
        let message = format!("a pipeline has no `for`: the graph lists every call\nwrite `{map}`");
        Some(Flow::Broken(self.errors.broken_span(each.for_token.span, mistake::loop_in_pipeline, message)))
    }
}

/// A call that may be one of a step, with its options: without `.await` and `?`, which a pipeline does not have.
fn step_call(expr: &Expr) -> Option<&Expr> {
    match expr {
        Expr::Await(wait) => step_call(&wait.base),
        Expr::Try(question) => step_call(&question.expr),
        _ => {
            let Expr::Call(call) = chain(expr).0 else { return None };
            let Expr::Path(path) = &*call.func else { return None };
            (!path.path.segments.iter().any(is_type_like)).then_some(expr)
        }
    }
}

fn untyped(pat: &Pat) -> &Pat {
    match pat {
        Pat::Type(typed) => &typed.pat,
        pat => pat,
    }
}
