//! `route`: the arms of a `match` that a set selects.

use super::FlowParser;
use crate::mistake;
use crate::pipeline::model::{Broken, Plain, Route, What};
use proc_macro2::Ident;
use syn::spanned::Spanned;
use syn::{Expr, ExprCall, ExprClosure, ExprMatch, ExprMethodCall, LitStr, Pat};

impl FlowParser<'_> {
    pub(super) fn route(
        &mut self,
        word: &Ident,
        call: &ExprCall,
        options: &[&ExprMethodCall],
    ) -> Result<Box<Route>, Broken> {
        const EXAMPLE: &str = "write `route(set, |r| match r { .. })`";
        let options = self.options_of(word, options);
        let [set, body] = call.args.iter().collect::<Vec<_>>()[..] else {
            return Err(self.errors.broken(
                word,
                mistake::form_arguments,
                format!("`route` takes a set and a body\n{EXAMPLE}"),
            ));
        };
        let Expr::Closure(closure) = body else {
            let message = format!("`route` selects the arms of a `match`\n{EXAMPLE}");
            return Err(self.errors.broken(body, mistake::route_without_match, message));
        };
        let Some((pat, expr)) = arms_of(closure) else {
            let message = format!("the body of `route` is one `match` on what it takes\n{EXAMPLE}");
            return Err(self.errors.broken_span(closure.body.span(), mistake::route_without_match, message));
        };
        if let Some(broken) = expr.arms.iter().find_map(|arm| self.several(&arm.pat)) {
            return Err(broken);
        }
        let set = self.plain(set);
        let id = options.name.as_ref().map(LitStr::value).unwrap_or_default();
        let what = What::Route { arms: Vec::new() };
        let node = self.node(id, word.span(), what);
        let names = self.scope.len();
        self.bind(pat);
        let scrutinee = Plain {
            tokens: quote::ToTokens::to_token_stream(&expr.expr),
            at: expr.expr.span(),
            reads_context: None,
        };
        let (arms, nodes) = self.arms(expr, node, scrutinee);
        self.scope.truncate(names);
        if let Some(node) = self.nodes.get_mut(node) {
            node.what = What::Route { arms: nodes };
        }
        self.show(node, options.shown);
        self.bound(node, options.within);
        let (pat, settle) = (pat.clone(), options.settle);
        Ok(Box::new(Route { node, word: word.clone(), set, pat, arms, settle }))
    }

    /// Reports an arm that several elements could select: its steps would run beside each other at one path.
    fn several(&mut self, pat: &Pat) -> Option<Broken> {
        let one = match pat {
            Pat::Path(_) => true,
            Pat::Ident(ident) => {
                ident.subpat.is_none() && ident.ident.to_string().starts_with(char::is_uppercase)
            }
            Pat::Paren(paren) => return self.several(&paren.pat),
            _ => false,
        };
        (!one).then(|| {
            self.errors.broken(
                pat, mistake::route_arm_of_two,
                "an arm of `route` names one variant: two elements in one arm would run its steps at one path\nwrite an arm for each, `Topic::Web => ..`",
            )
        })
    }
}

/// `|r| match r { .. }`.
fn arms_of(closure: &ExprClosure) -> Option<(&Pat, &ExprMatch)> {
    let mut body = &*closure.body;
    if let Expr::Block(block) = body
        && let [syn::Stmt::Expr(expr, None)] = block.block.stmts.as_slice()
    {
        body = expr;
    }
    let Expr::Match(expr) = body else { return None };
    let [pat] = closure.inputs.iter().collect::<Vec<_>>()[..] else { return None };
    let Pat::Ident(name) = (if let Pat::Type(typed) = pat { &*typed.pat } else { pat }) else { return None };
    let Expr::Path(path) = &*expr.expr else { return None };
    let plain = closure.capture.is_none() && closure.asyncness.is_none();
    (plain && path.path.get_ident() == Some(&name.ident)).then_some((pat, expr))
}
