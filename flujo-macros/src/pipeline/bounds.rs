//! Flow to its worst case, as a constant expression.

use super::model::{Block, Count, Flow, Given, Line, Node, Pipeline, What};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use std::ops::Range;
use syn::spanned::Spanned;

/// The bounds of the whole body, where `__nodes` are its nodes.
pub(crate) fn of(pipeline: &Pipeline) -> TokenStream {
    let bounds = Bounds { nodes: &pipeline.nodes };
    pipeline.body.as_ref().map_or_else(zero, |body| bounds.block(body).into_token_stream())
}

/// What has to hold of the bounds that only rustc can evaluate.
pub(crate) fn checks(pipeline: &Pipeline) -> TokenStream {
    let each = pipeline.counts.iter().map(|(n, assertion)| {
        let at = n.span();
        let (assertion, count) = (Ident::new(assertion, at), quote!((#n) as u64));
        let check = quote_spanned!(at=> __flujo::#assertion);
        quote_spanned!(at=>
            #[allow(clippy::default_numeric_fallback, reason = "a bound is written as in code, where it has a type")]
            const _: () = #check(#count);
        )
    });
    each.collect()
}

struct Bounds<'a> {
    nodes: &'a [Node],
}

fn zero() -> TokenStream {
    quote!(__flujo::Bounds::ZERO)
}

/// One after the other, as statements: an expression of hundreds of calls would be as deep as it is long.
fn fold(parts: Vec<Worst>, how: &TokenStream) -> TokenStream {
    let mut parts = parts.into_iter();
    let Some(first) = parts.next() else { return zero() };
    let rest: Vec<_> = parts.collect();
    if rest.is_empty() {
        return first.into_token_stream();
    }
    quote!({ let __b = #first; #(let __b = __b.#how(#rest);)* __b })
}

/// The bounds of a part of the flow.
enum Worst {
    /// Calls without options that follow each other: rustc checks one expression for all of them.
    Calls(Range<usize>),
    Other(TokenStream),
}

impl ToTokens for Worst {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Calls(Range { start, end }) => {
                tokens.extend(quote!(__flujo::Bounds::of_calls(__nodes, #start, #end)));
            }
            Self::Other(other) => other.to_tokens(tokens),
        }
    }
}

fn then(parts: Vec<Worst>) -> Worst {
    let mut joined: Vec<Worst> = Vec::new();
    for part in parts {
        match (joined.last_mut(), part) {
            (Some(Worst::Calls(before)), Worst::Calls(next)) if before.end == next.start => {
                before.end = next.end;
            }
            (_, part) => joined.push(part),
        }
    }
    if let [Worst::Calls(calls)] = joined.as_slice() {
        return Worst::Calls(calls.clone());
    }
    Worst::Other(fold(joined, &quote!(then)))
}

fn or(parts: Vec<Worst>) -> Worst {
    Worst::Other(fold(parts, &quote!(or)))
}

/// The body of a form, as often as it may run.
fn times(body: &Worst, count: Option<&Count>) -> Worst {
    let n = count
        .and_then(|count| count.known.as_ref())
        .map_or_else(|| quote!(__flujo::None), |n| quote!(__flujo::Some((#n) as u64)));
    Worst::Other(quote!(#body.times(#n)))
}

impl Bounds<'_> {
    fn block(&self, block: &Block) -> Worst {
        let mut parts = Vec::new();
        for line in &block.lines {
            match line {
                Line::Let(line) => {
                    parts.extend(self.flow(&line.flow));
                    // the pipeline ends there, but what it did until then counts
                    parts.extend(line.otherwise.as_ref().map(|(_, _, block)| self.block(block)));
                }
                Line::Flow { flow, .. } => parts.extend(self.flow(flow)),
            }
        }
        parts.extend(block.tail.as_ref().and_then(|tail| self.flow(tail)));
        then(parts)
    }

    /// `None` where nothing runs.
    fn flow(&self, flow: &Flow) -> Option<Worst> {
        let each = |flow: &Flow| self.flow(flow).unwrap_or_else(|| Worst::Other(zero()));
        Some(match flow {
            Flow::Value(_) | Flow::Fail(_) | Flow::Gate(_) | Flow::Wait(_) | Flow::Broken(_) => return None,
            Flow::Call(call) => self.call(call.node)?,
            Flow::Pipe(pipe) => {
                let stages = pipe.stages.iter().filter_map(|stage| self.call(stage.node));
                then(self.flow(&pipe.head).into_iter().chain(stages).collect())
            }
            Flow::Block(block) => self.block(block),
            Flow::Match(expr) => or(expr.arms.iter().map(|arm| each(&arm.body)).collect()),
            Flow::If(expr) => {
                let otherwise = expr.otherwise.as_ref().map(|(_, flow)| each(flow));
                or([self.block(&expr.then)].into_iter().chain(otherwise).collect())
            }
            Flow::Ask(_) => Worst::Other(quote!(__flujo::Bounds::QUESTION)),
            Flow::Repeat(form) => times(&each(&form.body.flow), Some(&form.max)),
            Flow::Refine(form) => {
                let round = then(vec![each(&form.generator.flow), each(&form.critic.flow)]);
                times(&round, Some(&form.max))
            }
            Flow::Map(form) => times(&each(&form.body.flow), form.max.as_ref()),
            // at worst every arm is selected
            Flow::Route(form) => then(form.arms.arms.iter().filter_map(|arm| self.flow(&arm.body)).collect()),
            Flow::Join(join) => then(join.arms.iter().filter_map(|(_, flow)| self.flow(flow)).collect()),
        })
    }

    fn call(&self, node: usize) -> Option<Worst> {
        let What::Call { callee, retries, stand_ins, tools, .. } = &self.nodes.get(node)?.what else {
            return None;
        };
        let plain =
            matches!(retries, Given::Default) && stand_ins.redirect.is_none() && stand_ins.fallback.is_none();
        if plain {
            return Some(Worst::Calls(node..node + 1));
        }
        let facts = if tools.is_default() {
            callee.facts()
        } else {
            // With the tools of the call.
            quote!(__flujo::Node::at(__nodes, #node).facts)
        };
        let retries = match retries {
            Given::Default => quote!(__flujo::Some(#facts.retries)),
            Given::Known(n) => quote!(__flujo::Some((#n) as u64)),
            Given::Unknown => quote!(__flujo::None),
        };
        // A step named at the call takes the place of the attribute's.
        let redirect = stand_ins.redirect.as_ref().map_or_else(
            || quote!(#facts.redirect),
            |callee| {
                let facts = callee.facts();
                quote!(#facts.bounds)
            },
        );
        let fallback = stand_ins.fallback.as_ref().map_or_else(
            || quote!(#facts.fallback),
            |callee| {
                let facts = callee.facts();
                quote!(#facts.call())
            },
        );
        Some(Worst::Other(quote!(#facts.attempts(#retries, #redirect).then(#fallback))))
    }
}
