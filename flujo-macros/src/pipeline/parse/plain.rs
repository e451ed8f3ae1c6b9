//! Plain expressions: ordinary Rust that is evaluated again on resume.

use super::FlowParser;
use super::forms::FORMS;
use super::steps_in_values::{Guards, Place};
use crate::mistake;
use crate::names;
use crate::pipeline::bindings::Bound;
use crate::pipeline::errors::Errors;
use crate::pipeline::model::{Args, Plain};
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use std::collections::BTreeSet;
use syn::parse::Parser;
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::visit_mut::{VisitMut, visit_expr_mut};
use syn::{Expr, ExprPath, Macro, Path};

impl FlowParser<'_> {
    /// An expression that is no flow.
    pub(super) fn plain(&mut self, expr: &Expr) -> Plain {
        let at = expr.span();
        let mut expr = expr.clone();
        self.checked(&mut expr);
        let tokens = expr.into_token_stream();
        let reads_context = self.reads_context(&tokens);
        Plain { tokens, at, reads_context }
    }

    /// Arguments in parentheses: they are plain, whatever is called with them.
    pub(super) fn plain_args(&mut self, args: &Args) -> TokenStream {
        let mut args = args.clone();
        self.check(args.iter_mut().collect());
        args.into_token_stream()
    }

    fn checked(&mut self, expr: &mut Expr) {
        self.check(vec![expr]);
    }

    /// Checks expressions of one statement: the steps that are called in them are one mistake.
    fn check(&mut self, all: Vec<&mut Expr>) {
        let mut bound = Bound::default();
        for expr in &all {
            bound.visit_expr(expr);
        }
        let readable = |name: &Ident| !bound.0.contains(name) && !self.scope.contains(&name.to_string());
        let resources = self.header.resources.as_ref().map(|r| &r.ident).filter(|name| readable(name));
        let context = self.header.context.as_ref().map(|c| &c.ident);
        let guards = Guards::new(&mut self.callees, &mut self.guards, &self.scope, &bound.0, self.names);
        let errors = &mut *self.errors;
        let mut check = Check {
            errors,
            resources,
            context,
            steps: &self.steps,
            guards,
            loops: 0,
            functions: 0,
            branch: false,
            reference: None,
        };
        for expr in all {
            check.visit_expr_mut(expr);
        }
    }

    /// Where tokens mention the context parameter first. Names are compared as text: once too often costs
    /// nothing, since the borrow ends with its last use.
    pub(super) fn reads_context(&self, tokens: &TokenStream) -> Option<Span> {
        let context = self.header.context.as_ref().filter(|_| !self.hidden_context)?;
        mention(tokens.clone(), &context.ident.to_string())
    }
}

/// The first use of `name`, if any. Literals count too: `format!("{name}")`.
fn mention(tokens: TokenStream, name: &str) -> Option<Span> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) => (ident == name).then(|| ident.span()),
        TokenTree::Group(group) => mention(group.stream(), name),
        TokenTree::Literal(literal) => {
            let text = literal.to_string();
            let captured = text.match_indices(&format!("{{{name}")).any(|(i, found)| {
                let rest = text.get(i + found.len()..).unwrap_or_default();
                !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')
            });
            captured.then(|| literal.span())
        }
        TokenTree::Punct(_) => None,
    })
}

/// The checks on a plain expression. Mistakes are replaced in place by their errors.
struct Check<'a> {
    errors: &'a mut Errors,
    resources: Option<&'a Ident>,
    context: Option<&'a Ident>,
    /// Paths that are called in flow position.
    steps: &'a BTreeSet<String>,
    /// Calls of functions that may turn out to be steps.
    guards: Guards<'a>,
    /// Loops around, inside the same function.
    loops: usize,
    /// Closures around.
    functions: usize,
    /// Whether it is a branch of an `if` or `match` in the expression.
    branch: bool,
    /// The `&` in front of the call that is visited next.
    reference: Option<TokenStream>,
}

impl Check<'_> {
    /// Replaces `expr` if it is a mistake by itself, whatever is inside.
    fn refuse(&mut self, expr: &Expr) -> Option<TokenStream> {
        let own = self.functions == 0;
        let broken = match expr {
            Expr::Await(wait) => self.errors.broken_span(
                wait.await_token.span, mistake::value_cannot_wait,
                "a plain expression is evaluated again on resume, so it cannot wait\nwait in a step, and call that step",
            ),
            Expr::Async(block) => self.errors.broken_span(
                block.async_token.span, mistake::value_cannot_wait,
                "a plain expression is evaluated again on resume, so it cannot run anything\nmove this block into a step",
            ),
            Expr::Try(question) if own => self.errors.broken_span(
                question.question_token.span(), mistake::question_mark,
                "a pipeline has no `?`: the failure of a step ends it\nuse `let .. else { fail(..) }`, or do this in a step",
            ),
            Expr::Return(jump) if own => self.errors.broken_span(
                jump.return_token.span, mistake::return_in_pipeline,
                "a pipeline has no `return`: its last expression is its output\nuse `if`, `match` or `fail(..)`",
            ),
            Expr::Break(jump) if self.loops == 0 && jump.label.is_none() => {
                self.errors.broken_span(jump.break_token.span, mistake::break_in_pipeline, "`break` outside of a loop")
            }
            Expr::Continue(jump) if self.loops == 0 && jump.label.is_none() => {
                self.errors.broken_span(jump.continue_token.span, mistake::continue_in_pipeline, "`continue` outside of a loop")
            }
            Expr::Assign(assign) if self.is_context(&assign.left) => {
                self.errors.broken(&assign.left, mistake::context_assigned, CONTEXT_ASSIGNED)
            }
            Expr::Binary(op) if is_assign_op(&op.op) && self.is_context(&op.left) => {
                self.errors.broken(&op.left, mistake::context_assigned, CONTEXT_ASSIGNED)
            }
            Expr::Path(path) => {
                let name = path.path.get_ident()?;
                if Some(name) != self.resources {
                    return None;
                }
                self.errors.broken(name, mistake::resources_read, resources_read(name))
            }
            Expr::Call(call) => {
                let Expr::Path(path) = &*call.func else { return None };
                if self.is_step(&path.path) {
                    let place = if self.functions > 0 { Place::Function } else { Place::Value };
                    return Some(self.step(&path.path, place));
                }
                let name = path.path.get_ident()?;
                let word = name.to_string();
                if word == "value" {
                    self.errors.broken(name, mistake::value_as_argument, "this is a plain value already\nremove `value(..)` around it")
                } else if FORMS.contains(&word.as_str()) {
                    self.errors.broken(name, mistake::form_as_argument, nested_form(&word, self.branch))
                } else {
                    return None;
                }
            }
            _ => return None,
        };
        Some(broken.tokens)
    }

    fn is_step(&self, path: &Path) -> bool {
        self.steps.contains(&bare(path))
    }

    /// The error for a step that is called, or named, where there is no flow. One in each statement: what is to be done
    /// about the first is to be done about all.
    fn step(&mut self, path: &Path, place: Place) -> TokenStream {
        if std::mem::replace(&mut self.guards.reported, true) {
            return names::recovered();
        }
        let name = names::source(path);
        let (mistake, message) = place.message(&name);
        self.errors.broken(path, mistake, message).tokens
    }

    /// The names among the arguments of a call: one may be that of a step.
    fn names(&mut self, args: &mut Args) {
        for arg in args {
            let Expr::Path(ExprPath { qself: None, path, .. }) = &*arg else { continue };
            if self.is_step(path) && self.guards.is_function(path) {
                *arg = Expr::Verbatim(self.step(&path.clone(), Place::Function));
            } else if let Some(guarded) = self.guards.named(path, Place::Function) {
                *arg = Expr::Verbatim(guarded);
            }
        }
    }

    /// The arguments of a call. A call behind `&` goes through the guard with its reference: a value of any type would
    /// become the `str` that is expected there. Not in a constructor, where what is borrowed may live longer.
    fn arguments(&mut self, args: &mut Args, constructor: bool) {
        for arg in &mut *args {
            match arg {
                Expr::Reference(outer) if !constructor && matches!(&*outer.expr, Expr::Call(_)) => {
                    let (and, word) = (&outer.and_token, &outer.mutability);
                    self.reference = Some(quote!(#and #word));
                    self.visit_expr_mut(&mut outer.expr);
                    if self.reference.take().is_none() {
                        *arg = Expr::clone(&outer.expr);
                    }
                }
                arg => self.visit_expr_mut(arg),
            }
        }
        self.names(args);
    }

    fn is_context(&self, place: &Expr) -> bool {
        self.context.is_some() && root(place) == self.context
    }
}

/// A path without the turbofish on its last segment, as text.
fn bare(path: &Path) -> String {
    let mut path = path.clone();
    if let Some(last) = path.segments.last_mut() {
        last.arguments = syn::PathArguments::None;
    }
    path.to_token_stream().to_string()
}

const CONTEXT_ASSIGNED: &str = "a pipeline only reads the context\nwrite to it in a step that takes `&mut`";

fn resources_read(name: &Ident) -> String {
    format!(
        "a pipeline cannot read resources: their answers are not recorded\nuse `{name}` in a step that takes the service"
    )
}

fn nested_form(word: &str, branch: bool) -> String {
    match word {
        "ask" if branch => "a branch that asks is one of the pipeline, not of an expression\nwrite `let x = if .. { let reply: Reply = ask(..); reply } else { .. };` in front, and use `x` here".to_owned(),
        "fail" => "`fail(..)` is a statement, an arm or the last expression\nuse `let .. else { fail(..) }`, `if` or `match`".to_owned(),
        "ask" => "bind `ask(..)` to a variable first\nwrite `let reply: Reply = ask(..);` and use `reply` here".to_owned(),
        "wait" => "`wait(..)` is a statement, and has no value\nwrite it on a line of its own".to_owned(),
        _ => format!("bind `{word}(..)` to a variable first\nwrite `let x = {word}(..);` and use `x` here"),
    }
}

/// `x` of `x.a[3].b`.
pub(super) fn root(place: &Expr) -> Option<&Ident> {
    match place {
        Expr::Path(path) => path.path.get_ident(),
        Expr::Field(field) => root(&field.base),
        Expr::Index(index) => root(&index.expr),
        Expr::Paren(paren) => root(&paren.expr),
        Expr::Unary(unary) => root(&unary.expr),
        _ => None,
    }
}

/// `+=` and its kin.
pub(super) fn is_assign_op(op: &syn::BinOp) -> bool {
    op.to_token_stream().to_string().replace(' ', "").ends_with('=')
        && !matches!(op, syn::BinOp::Eq(_) | syn::BinOp::Ne(_) | syn::BinOp::Le(_) | syn::BinOp::Ge(_))
}

impl VisitMut for Check<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if let Some(error) = self.refuse(expr) {
            *expr = Expr::Verbatim(error);
            return;
        }
        let (loops, functions, branch) = (self.loops, self.functions, self.branch);
        let reference = self.reference.take();
        match expr {
            Expr::Call(call) => {
                let path = match &*call.func {
                    Expr::Path(ExprPath { qself: None, path, .. }) => Some(path.clone()),
                    _ => None,
                };
                let constructor = path
                    .as_ref()
                    .and_then(|path| path.segments.last())
                    .is_some_and(|last| names::text(&last.ident).starts_with(char::is_uppercase));
                if path.is_none() {
                    self.visit_expr_mut(&mut call.func);
                }
                self.arguments(&mut call.args, constructor);
                let place = if functions > 0 { Place::Function } else { Place::Value };
                let guarded =
                    path.and_then(|path| self.guards.called(&path, call, reference.as_ref(), place));
                match guarded {
                    Some(guarded) => *expr = Expr::Verbatim(guarded),
                    None => self.reference = reference,
                }
                return;
            }
            Expr::MethodCall(call) => {
                self.visit_expr_mut(&mut call.receiver);
                self.arguments(&mut call.args, false);
                return;
            }
            Expr::If(choice) => {
                self.visit_expr_mut(&mut choice.cond);
                self.branch = true;
                self.visit_block_mut(&mut choice.then_branch);
                if let Some((_, other)) = &mut choice.else_branch {
                    self.visit_expr_mut(other);
                }
                self.branch = branch;
                return;
            }
            Expr::Match(choice) => {
                self.visit_expr_mut(&mut choice.expr);
                self.branch = true;
                choice.arms.iter_mut().for_each(|arm| self.visit_arm_mut(arm));
                self.branch = branch;
                return;
            }
            Expr::Loop(_) | Expr::While(_) | Expr::ForLoop(_) => self.loops += 1,
            Expr::Closure(_) => {
                self.functions += 1;
                self.loops = 0;
            }
            // `name = value` as the argument of a macro.
            Expr::Assign(assign) if matches!(&*assign.left, Expr::Path(_)) => {
                self.visit_expr_mut(&mut assign.right);
                return;
            }
            // A call in a constant is no step: a step is not `const`.
            Expr::Const(_) => return,
            Expr::Repeat(repeat) => {
                self.visit_expr_mut(&mut repeat.expr);
                return;
            }
            _ => {}
        }
        visit_expr_mut(self, expr);
        (self.loops, self.functions) = (loops, functions);
    }

    /// Items inside a block are functions of their own.
    fn visit_item_mut(&mut self, _: &mut syn::Item) {}

    fn visit_macro_mut(&mut self, call: &mut Macro) {
        // most macros take expressions; what another one takes is its own affair
        let parsed = Args::parse_terminated.parse2(call.tokens.clone());
        if let Ok(mut args) = parsed {
            for arg in &mut args {
                self.visit_expr_mut(arg);
            }
            call.tokens = quote!(#args);
        }
    }
}
