//! Flow to data: nodes and edges, as constants.

use super::callee::Callee;
use super::model::{Block, Body, CallTools, Flow, Given, Line, Match, Node, NodeIndex, Pipeline, What};
use super::unused::Unused;
use crate::names;
use crate::pipeline::offered;
use crate::token_text::text_of;
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

/// The nodes, as a reference to an array.
pub(crate) fn nodes(pipeline: &Pipeline) -> TokenStream {
    let Unused { outputs: unused, conditions: blind, .. } = Unused::of(pipeline);
    let mut only_calls = true;
    let nodes = pipeline.nodes.iter().enumerate().map(|(i, node)| {
        let Node { id, at, depth, what, options, .. } = node;
        let (fallback, redirect) = match what {
            What::Call { stand_ins, .. } => (stand_ins.fallback.as_ref(), stand_ins.redirect.as_ref()),
            _ => (None, None),
        };
        let (unused, blind) = (unused.contains(&i), blind.contains(&i));
        let line = names::line(*at);
        if let What::Call { callee, tools, .. } = what
            && tools.is_default()
            && fallback.is_none()
            && redirect.is_none()
            && options.is_empty()
            && !unused
            && !blind
        {
            let callee = callee.ty();
            return quote!(__flujo::Node::call::<#callee>(#id, #depth, #line),);
        }
        only_calls = false;
        let (kind, facts) = match what {
            What::Call { callee, tools, .. } => {
                let facts = callee.facts();
                let with_tools = tools_of_call(&facts, tools);
                (quote!(#facts.kind), with_tools.unwrap_or(facts))
            }
            What::Branch => form(&quote!(Branch)),
            What::Ask { reply } => {
                // Another type of reply is another pipeline.
                let (kind, none) = form(&quote!(Ask));
                let ty = names::source(reply);
                (kind, quote!(&__flujo::Facts { output: #ty, ..*#none }))
            }
            What::Fail => form(&quote!(Fail)),
            What::Join { .. } => form(&quote!(Join)),
            What::Repeat => form(&quote!(Repeat)),
            What::Refine => form(&quote!(Refine)),
            What::Map { .. } => form(&quote!(Map)),
            What::Route { .. } => form(&quote!(Route)),
            What::Gate { .. } => form(&quote!(Gate)),
            What::Wait => form(&quote!(Wait)),
        };
        let reply = if let What::Ask { reply } = what {
            quote!(__flujo::Replies::<#reply>::CHECK)
        } else {
            quote!(__flujo::None)
        };
        let (falls_back_to, redirects_to) = (facts_of(fallback), facts_of(redirect));
        let options = options.iter().map(|(name, value)| quote!((#name, #value)));
        quote!(__flujo::Node {
            id: #id,
            kind: #kind,
            facts: #facts,
            options: &[#(#options),*],
            depth: #depth,
            line: #line,
            reply: #reply,
            falls_back_to: #falls_back_to,
            redirects_to: #redirects_to,
            unused: #unused,
            blind: #blind,
        },)
    });
    let nodes: TokenStream = nodes.collect();
    // What other nodes refer to would not live long enough in a call.
    if only_calls { quote!(&__flujo::Node::list([#nodes])) } else { quote!(&[#nodes]) }
}

/// The facts of a callee with the tools of the call.
fn tools_of_call(facts: &TokenStream, tools: &CallTools) -> Option<TokenStream> {
    if tools.is_default() {
        return None;
    }
    let count = |given: &Given, field: &str| {
        let field = Ident::new(field, Span::call_site());
        match given {
            Given::Default => quote!(__flujo::Some(#facts.asking.#field)),
            Given::Known(n) => quote!(__flujo::Some(#n)),
            Given::Unknown => quote!(__flujo::None),
        }
    };
    let (models, rounds) = (count(&tools.models, "models"), count(&tools.rounds, "tool_rounds"));
    if tools.list.is_empty() {
        return Some(quote!(&__flujo::Facts {
            bounds: __flujo::Bounds::asking(#models, #rounds, #facts.tools),
            ..*#facts
        }));
    }
    let listed: Vec<_> = tools.list.iter().map(|(tool, callee)| (tool, callee)).collect();
    let asking = offered::that_ask(&listed);
    let listed = offered::facts_of(&listed);
    let listed = quote!(&[#(#listed),*]);
    Some(quote!(&__flujo::Facts {
        tools: #listed,
        tools_that_ask: &[#(#asking),*],
        bounds: __flujo::Bounds::asking(#models, #rounds, #listed),
        ..*#facts
    }))
}

/// The facts of a fallback or redirect.
fn facts_of(callee: Option<&Callee>) -> TokenStream {
    callee.map(Callee::facts).map_or_else(|| quote!(__flujo::None), |facts| quote!(__flujo::Some(#facts)))
}

fn form(kind: &TokenStream) -> (TokenStream, TokenStream) {
    (quote!(__flujo::NodeKind::#kind), quote!(&__flujo::Facts::NONE))
}

/// Calls of clocks and random generators, as the inside of an array.
pub(crate) fn impure(pipeline: &Pipeline) -> TokenStream {
    let each = pipeline.impure.iter().map(|(text, at)| {
        let line = names::line(*at);
        quote!((#text, #line),)
    });
    each.collect()
}

/// The edges, as the inside of an array for `Edge::list`.
pub(crate) fn edges(pipeline: &Pipeline) -> TokenStream {
    let mut edges = Edges(Vec::new());
    let ends = match &pipeline.body {
        Some(body) => edges.block(body, vec![start()]),
        None => Vec::new(),
    };
    edges.to(None, ends);
    let edges = edges.0.iter().map(|Edge { from, to, label }| {
        let (from, to) = (end(*from), end(*to));
        quote!((#from, #to, #label),)
    });
    edges.collect()
}

/// A node, from 1; 0 is the pipeline itself. Few tokens: rustc reads them again with every edit.
fn end(node: Option<NodeIndex>) -> Literal {
    Literal::usize_unsuffixed(node.map_or(0, |node| node + 1))
}

/// An edge that does not lead anywhere yet.
#[derive(Clone)]
struct Open {
    from: Option<NodeIndex>,
    label: String,
}

fn start() -> Open {
    Open { from: None, label: String::new() }
}

fn after(node: NodeIndex) -> Vec<Open> {
    vec![Open { from: Some(node), label: String::new() }]
}

fn labelled(node: NodeIndex, label: &str) -> Vec<Open> {
    vec![Open { from: Some(node), label: label.to_owned() }]
}

struct Edge {
    from: Option<NodeIndex>,
    to: Option<NodeIndex>,
    label: String,
}

struct Edges(Vec<Edge>);

impl Edges {
    fn to(&mut self, node: Option<NodeIndex>, open: Vec<Open>) {
        self.0.extend(open.into_iter().map(|Open { from, label }| Edge { from, to: node, label }));
    }

    /// Leads what is open to `node`, and goes on from there.
    fn through(&mut self, node: NodeIndex, open: Vec<Open>) -> Vec<Open> {
        self.to(Some(node), open);
        after(node)
    }

    fn block(&mut self, block: &Block, mut open: Vec<Open>) -> Vec<Open> {
        for line in &block.lines {
            match line {
                Line::Flow { flow, .. } => open = self.flow(flow, open),
                Line::Let(line) => {
                    open = self.flow(&line.flow, open);
                    if let Some((branch, _, otherwise)) = &line.otherwise {
                        self.to(Some(*branch), open);
                        self.block(otherwise, labelled(*branch, "else"));
                        open = labelled(*branch, &text_of(&line.pat));
                    }
                }
            }
        }
        match &block.tail {
            Some(tail) => self.flow(tail, open),
            None => open,
        }
    }

    fn arms(&mut self, expr: &Match, open: Vec<Open>) -> Vec<Open> {
        self.to(Some(expr.node), open);
        let arms = &expr.arms;
        arms.iter().flat_map(|arm| self.flow(&arm.body, labelled(expr.node, &arm.label))).collect()
    }

    /// Into the bodies of a loop and back to its node, which is where it is left.
    fn around(&mut self, node: NodeIndex, bodies: &[&Body], open: Vec<Open>) -> Vec<Open> {
        self.to(Some(node), open);
        let inner = labelled(node, "each");
        let back = bodies.iter().fold(inner, |open, body| self.flow(&body.flow, open));
        self.to(Some(node), back);
        after(node)
    }

    fn flow(&mut self, flow: &Flow, open: Vec<Open>) -> Vec<Open> {
        match flow {
            Flow::Value(_) | Flow::Broken(_) => open,
            Flow::Call(call) => self.through(call.node, open),
            Flow::Ask(ask) => self.through(ask.node, open),
            Flow::Fail(fail) => {
                self.to(Some(fail.node), open);
                Vec::new()
            }
            Flow::Pipe(pipe) => {
                let open = self.flow(&pipe.head, open);
                pipe.stages.iter().fold(open, |open, stage| self.through(stage.node, open))
            }
            Flow::Block(block) => self.block(block, open),
            Flow::Match(expr) => self.arms(expr, open),
            Flow::Route(form) => {
                let mut ends = self.arms(&form.arms, open);
                ends.extend(labelled(form.node, "none"));
                ends
            }
            Flow::Gate(gate) => self.through(gate.node, open),
            Flow::Wait(wait) => self.through(wait.node, open),
            Flow::Repeat(form) => self.around(form.node, &[&form.body], open),
            Flow::Refine(form) => self.around(form.node, &[&form.generator, &form.critic], open),
            Flow::Map(form) => self.around(form.node, &[&form.body], open),
            Flow::If(expr) => {
                self.to(Some(expr.node), open);
                let mut ends = self.block(&expr.then, labelled(expr.node, &expr.label));
                let otherwise = labelled(expr.node, "else");
                ends.extend(match &expr.otherwise {
                    Some((_, flow)) => self.flow(flow, otherwise),
                    None => otherwise,
                });
                ends
            }
            Flow::Join(join) => {
                self.to(Some(join.node), open);
                join.arms.iter().flat_map(|(_, flow)| self.flow(flow, after(join.node))).collect()
            }
        }
    }
}
