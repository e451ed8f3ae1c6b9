//! Expressions in flow position.

use super::FlowParser;
use super::plain::{is_assign_op, root};
use super::stmt::Binding;
use crate::mistake;
use crate::names;
use crate::pipeline::model::{Arm, Flow, If, Match, NodeIndex, Pipe, Plain, What};
use crate::token_text::text_of;
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use std::ops::Range;
use syn::spanned::Spanned;
use syn::{BinOp, Expr, ExprBinary, ExprIf, ExprMatch, ExprMethodCall, Pat};

impl FlowParser<'_> {
    /// Rule 1: what runs, and what is a value.
    pub(super) fn flow(&mut self, expr: &Expr, binding: Binding<'_>) -> Flow {
        match expr {
            Expr::Paren(paren) => self.flow(&paren.expr, binding),
            Expr::Group(group) => self.flow(&group.expr, binding),
            Expr::Block(block) if block.label.is_none() => {
                self.no_attributes(&block.attrs);
                Flow::Block(self.block(&block.block))
            }
            Expr::Match(expr) => self.match_(expr),
            Expr::If(expr) => self.if_(expr),
            Expr::Binary(expr) if matches!(expr.op, BinOp::Shr(_)) => self.pipe(expr),
            Expr::Call(_) | Expr::MethodCall(_) => self.call_or_value(expr, binding),
            Expr::Await(wait) if runs(&wait.base) => {
                self.errors.span(
                    wait.await_token.span,
                    mistake::await_in_pipeline,
                    "a pipeline awaits its steps itself\nremove `.await`",
                );
                self.flow(&wait.base, binding)
            }
            Expr::Try(question) if runs(&question.expr) => {
                self.errors.span(
                    question.question_token.span(),
                    mistake::question_mark,
                    "a pipeline has no `?`: the failure of a step ends it\nremove `?`",
                );
                self.flow(&question.expr, binding)
            }
            _ => match self.refused(expr) {
                Some(broken) => broken,
                None => Flow::Value(self.plain(expr)),
            },
        }
    }

    /// Refuses expressions that are neither flow nor values.
    fn refused(&mut self, expr: &Expr) -> Option<Flow> {
        let broken = match expr {
            Expr::Loop(e) => self.errors.broken_span(e.loop_token.span, mistake::loop_in_pipeline, unbounded("loop")),
            Expr::While(e) => self.errors.broken_span(e.while_token.span, mistake::loop_in_pipeline, unbounded("while")),
            Expr::ForLoop(e) => self.errors.broken_span(
                e.for_token.span, mistake::loop_in_pipeline,
                "a pipeline has no `for`: the graph lists every call\nwrite `map(items, |item| ..)` to run steps for every item, or loop inside a step",
            ),
            Expr::Assign(e) => self.assigned(&e.left),
            Expr::Binary(e) if is_assign_op(&e.op) => self.assigned(&e.left),
            Expr::Break(e) => self.errors.broken_span(e.break_token.span, mistake::break_in_pipeline, "a pipeline has no `break`: a `repeat` ends by its `.until(|x| ..)`\nuse `if` or `match`"),
            Expr::Continue(e) => self.errors.broken_span(e.continue_token.span, mistake::continue_in_pipeline, "a pipeline has no `continue`: a body ends with its last expression\nuse `if` or `match`"),
            Expr::Return(e) => self.errors.broken_span(
                e.return_token.span, mistake::return_in_pipeline,
                "a pipeline has no `return`: its last expression is its output\nuse `if`, `match` or `fail(..)`",
            ),
            Expr::Closure(e) => self.errors.broken_span(
                e.inputs_begin.spans[0], mistake::calls_a_closure,
                "a pipeline does not call closures\ncall the step itself, `step(x)`, or write `map(items, |x| step(x))`",
            ),
            Expr::Async(e) => self.errors.broken_span(
                e.async_token.span, mistake::async_block,
                "a pipeline has no `async` blocks: it awaits its steps itself\nmove this block into a step",
            ),
            Expr::Unsafe(e) => {
                self.errors.broken_span(e.unsafe_token.span, mistake::unsafe_block, "a pipeline holds no `unsafe` code\nmove this block into a step")
            }
            Expr::Block(e) => self.errors.broken(&e.label, mistake::labelled_block, "a block in a pipeline has no label: nothing can break out of it\nremove the label"),
            Expr::Let(e) => self.errors.broken_span(e.let_token.span, mistake::let_outside_of_if, "`let` as a condition belongs into `if`"),
            Expr::TryBlock(_) | Expr::Yield(_) | Expr::Const(_) => {
                self.errors.broken_span(first(expr), mistake::cannot_run_in_pipeline, "this expression cannot run in a pipeline\nwrite `value(..)` around a plain expression")
            }
            // `case(x).risk`, `&case(x)`: an output is used before it is there
            Expr::Field(e) if runs(&e.base) => self.unbound(&e.base, &e.member.to_token_stream()),
            Expr::Index(e) if runs(&e.expr) => self.unbound(&e.expr, &quote!([..])),
            Expr::Await(e) => self.errors.broken_span(
                e.await_token.span, mistake::await_in_pipeline,
                "a pipeline waits for steps only\nwait in a step, and call that step",
            ),
            _ => return None,
        };
        Some(Flow::Broken(broken))
    }

    fn assigned(&mut self, left: &Expr) -> crate::pipeline::model::Broken {
        let context = self.header.context.as_ref().map(|context| &context.ident);
        if context.is_some() && root(left) == context {
            self.errors.broken(
                left,
                mistake::context_assigned,
                "a pipeline only reads the context\nwrite to it in a step that takes `&mut`",
            )
        } else {
            self.errors.broken(left, mistake::assignment, "a pipeline has no assignments: each value is bound once\nwrite another `let`, which may have the same name")
        }
    }

    fn unbound(&mut self, call: &Expr, used: &TokenStream) -> crate::pipeline::model::Broken {
        let name = callee_name(call);
        self.errors.broken(
            used, mistake::output_not_available,
            format!("the output of `{name}` is not available yet\nbind it to a variable first: `let x = {name}(..);`"),
        )
    }

    /// `path(..).a().b()` runs something; `x.a().b()` is a value.
    fn call_or_value(&mut self, expr: &Expr, binding: Binding<'_>) -> Flow {
        let (base, options) = chain(expr);
        match base {
            Expr::Call(call) => self.call_of(call, &options, binding),
            // `case(x).risk.name()`
            Expr::Field(field) if runs(&field.base) => {
                Flow::Broken(self.unbound(&field.base, &field.member.to_token_stream()))
            }
            Expr::Await(wait) if runs(&wait.base) => {
                self.errors.span(
                    wait.await_token.span,
                    mistake::await_in_pipeline,
                    "a pipeline awaits its steps itself\nremove `.await`",
                );
                self.flow(&without(expr, &wait.base), binding)
            }
            Expr::Try(question) if runs(&question.expr) => {
                self.errors.span(
                    question.question_token.span(),
                    mistake::question_mark,
                    "a pipeline has no `?`: the failure of a step ends it\nremove `?`",
                );
                self.flow(&without(expr, &question.expr), binding)
            }
            _ => Flow::Value(self.plain(expr)),
        }
    }

    fn match_(&mut self, expr: &ExprMatch) -> Flow {
        self.no_attributes(&expr.attrs);
        let label = format!("match {}", text_of(&expr.expr));
        let scrutinee = self.plain(&expr.expr);
        let node = self.node(label, expr.match_token.span, What::Branch);
        Flow::Match(self.arms(expr, node, scrutinee).0)
    }

    /// The arms of a `match`, and the nodes of each.
    pub(super) fn arms(
        &mut self,
        expr: &ExprMatch,
        node: NodeIndex,
        scrutinee: Plain,
    ) -> (Match, Vec<Range<NodeIndex>>) {
        let mut reads_context = scrutinee.reads_context;
        let (mut arms, mut nodes) = (Vec::new(), Vec::new());
        for arm in &expr.arms {
            self.no_attributes(&arm.attrs);
            let (pat, guard) = match &arm.pat {
                Pat::Guard(pat) => (&*pat.pat, Some((pat.if_token, &pat.guard))),
                pat => (pat, None),
            };
            let label = text_of(&arm.pat);
            let first = self.nodes.len();
            let arm = self.nested(|parser| {
                parser.bind(pat);
                let guard = guard.map(|(if_token, guard)| {
                    let guard = parser.plain(guard);
                    (if_token, guard)
                });
                reads_context = reads_context.or(guard.as_ref().and_then(|(_, guard)| guard.reads_context));
                let guard = guard.map(|(if_token, guard)| {
                    let guard = guard.tokens;
                    quote!(#if_token #guard)
                });
                let body = parser.flow(&arm.body, Binding::default());
                let end = last(&arm.body);
                Arm { pat: quote!(#pat #guard), label, arrow: arm.fat_arrow_token, body, end }
            });
            arms.push(arm);
            nodes.push(first..self.nodes.len());
        }
        let expr = Match {
            node,
            token: expr.match_token,
            scrutinee: scrutinee.tokens,
            brace: expr.brace_token.span.join(),
            arms,
            reads_context,
        };
        (expr, nodes)
    }

    fn if_(&mut self, expr: &ExprIf) -> Flow {
        self.no_attributes(&expr.attrs);
        let label = text_of(&expr.cond);
        let cond = self.plain(&expr.cond);
        let node = self.node(format!("if {label}"), expr.if_token.span, What::Branch);
        let then = self.nested(|parser| {
            for pat in let_patterns(&expr.cond) {
                parser.bind(pat);
            }
            parser.block(&expr.then_branch)
        });
        let otherwise = expr.else_branch.as_ref().map(|(token, branch)| {
            let flow = self.nested(|parser| parser.flow(branch, Binding::default()));
            (*token, Box::new(flow))
        });
        Flow::If(If {
            node,
            token: expr.if_token,
            cond: cond.tokens,
            label,
            then,
            otherwise,
            reads_context: cond.reads_context,
        })
    }

    /// Rule 9: `x >> a >> b.retries(2)`, taken apart without recursion, since it may be long.
    fn pipe(&mut self, expr: &ExprBinary) -> Flow {
        self.no_attributes(&expr.attrs);
        let mut rights = vec![&*expr.right];
        let mut head = &*expr.left;
        while let Expr::Binary(left) = head
            && matches!(left.op, BinOp::Shr(_))
        {
            self.no_attributes(&left.attrs);
            rights.push(&left.right);
            head = &left.left;
        }
        let at = head.span();
        let head = Box::new(self.flow(head, Binding::default()));
        let mut stages = Vec::new();
        let mut at = at;
        for right in rights.into_iter().rev() {
            match self.stage(right, at) {
                Ok(stage) => stages.push(stage),
                Err(broken) => return Flow::Broken(broken),
            }
            at = right.span();
        }
        Flow::Pipe(Pipe { head, stages })
    }
}

fn unbounded(word: &str) -> String {
    format!(
        "a pipeline has no `{word}`: its flow is bounded\nwrite `repeat(x, |x| ..).until(|x| ..).max(n)`, or loop inside a step"
    )
}

/// Whether the innermost receiver is a call of a path.
pub(super) fn runs(expr: &Expr) -> bool {
    match chain(expr).0 {
        Expr::Call(call) => matches!(&*call.func, Expr::Path(_)),
        Expr::Paren(paren) => runs(&paren.expr),
        Expr::Await(wait) => runs(&wait.base),
        Expr::Try(question) => runs(&question.expr),
        _ => false,
    }
}

/// `base.a(..).b(..)`: the base, and the calls in source order.
pub(super) fn chain(expr: &Expr) -> (&Expr, Vec<&ExprMethodCall>) {
    let (mut base, mut calls) = (expr, Vec::new());
    while let Expr::MethodCall(call) = base {
        calls.push(call);
        base = &call.receiver;
    }
    calls.reverse();
    (base, calls)
}

/// `expr` with its innermost receiver replaced.
fn without(expr: &Expr, base: &Expr) -> Expr {
    match expr {
        Expr::MethodCall(call) => {
            let mut call = call.clone();
            call.receiver = Box::new(without(&call.receiver, base));
            Expr::MethodCall(call)
        }
        _ => base.clone(),
    }
}

fn callee_name(call: &Expr) -> String {
    match chain(call).0 {
        Expr::Call(call) => names::source(&call.func),
        other => names::source(other),
    }
}

/// The patterns of a condition with `let` in it.
fn let_patterns(cond: &Expr) -> Vec<&Pat> {
    match cond {
        Expr::Let(expr) => vec![&expr.pat],
        Expr::Binary(expr) if matches!(expr.op, BinOp::And(_)) => {
            let mut pats = let_patterns(&expr.left);
            pats.extend(let_patterns(&expr.right));
            pats
        }
        Expr::Paren(paren) => let_patterns(&paren.expr),
        _ => Vec::new(),
    }
}

fn last(expr: &Expr) -> Span {
    expr.to_token_stream().into_iter().last().map_or_else(Span::call_site, |token| match token {
        TokenTree::Group(group) => group.span_close(),
        token => token.span(),
    })
}

fn first(expr: &Expr) -> Span {
    expr.to_token_stream().into_iter().next().map_or_else(Span::call_site, |token| token.span())
}
