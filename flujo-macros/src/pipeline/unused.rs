//! Facts about nodes that only the source shows, for the report on a graph: unused outputs, conditions that do not
//! look at their value.

use super::bindings::bindings;
use super::model::{
    Ask, Block, Body, Call, Count, Flow, Gate, If, Input, Let, Line, Match, NodeIndex, Pipeline, Plain,
};
use proc_macro2::{TokenStream, TokenTree};
use std::collections::BTreeSet;
use syn::Pat;

#[derive(Default)]
pub(super) struct Unused {
    /// Calls whose output ends with their statement, or in a binding that nothing reads.
    pub(super) outputs: BTreeSet<NodeIndex>,
    /// Loops whose condition does not look at the value.
    pub(super) conditions: BTreeSet<NodeIndex>,
    /// Names in the limits and timeouts of forms: they always count as read.
    bounds: Names,
}

/// Names that something mentions. More than it reads is no harm: then nothing is found.
type Names = BTreeSet<String>;

impl Unused {
    pub(super) fn of(pipeline: &Pipeline) -> Self {
        let mut found = Self::default();
        for node in &pipeline.nodes {
            found.bounds.extend(plain_names(node.within.limits.iter().chain(&node.within.timeout)));
        }
        if let Some(body) = &pipeline.body {
            found.block(body);
        }
        found
    }

    /// From its end to its start, since a name is read after it was bound. The names that it takes from outside.
    fn block(&mut self, block: &Block) -> Names {
        let mut later = block.tail.as_ref().map(|tail| self.flow(tail)).unwrap_or_default();
        for line in block.lines.iter().rev() {
            match line {
                Line::Flow { flow, .. } => {
                    self.outputs.extend(output_of(flow));
                    later.extend(self.flow(flow));
                }
                Line::Let(line) => self.binding(line, &mut later),
            }
        }
        later
    }

    fn binding(&mut self, line: &Let, later: &mut Names) {
        let bound = bound_by(&line.pat);
        let meant = bound.iter().all(|name| name.starts_with('_')) || !line.attrs.is_empty();
        let read = bound.iter().any(|name| later.contains(name) || self.bounds.contains(name));
        if !meant && !read {
            self.outputs.extend(output_of(&line.flow));
        }
        later.retain(|name| !bound.contains(name));
        later.extend(self.flow(&line.flow));
        if let Some((_, _, otherwise)) = &line.otherwise {
            later.extend(self.block(otherwise));
        }
    }

    fn arms(&mut self, expr: &Match) -> Names {
        let mut names = named(&expr.scrutinee);
        for arm in &expr.arms {
            // The pattern includes the guard.
            collect(arm.pat.clone(), &mut names);
            names.extend(self.flow(&arm.body));
        }
        names
    }

    fn body(&mut self, body: &Body) -> Names {
        let mut names = self.flow(&body.flow);
        let own = body.pat.as_ref().map(bound_by).unwrap_or_default();
        names.retain(|name| !own.contains(name));
        names
    }

    /// The names that it takes from around it.
    fn flow(&mut self, flow: &Flow) -> Names {
        match flow {
            Flow::Value(plain) => plain_names([plain]),
            Flow::Broken(broken) => named(&broken.tokens),
            Flow::Call(call) => call_names(call),
            Flow::Ask(Ask { message, options, .. }) => {
                let mut names = named(message);
                collect(options.clone(), &mut names);
                names
            }
            Flow::Fail(fail) => plain_names([&fail.message]),
            Flow::Gate(Gate { value, validators, plugins, strict, .. }) => {
                plain_names([value, validators].into_iter().chain(plugins).chain(strict))
            }
            Flow::Wait(wait) => plain_names([&wait.duration]),
            Flow::Pipe(pipe) => {
                let mut names = self.flow(&pipe.head);
                names.extend(pipe.stages.iter().flat_map(call_names));
                names
            }
            Flow::Block(block) => self.block(block),
            Flow::Match(expr) => self.arms(expr),
            Flow::Route(form) => {
                let mut names = self.arms(&form.arms);
                names.extend(plain_names([&form.set]));
                names
            }
            Flow::Repeat(form) => {
                if ignores_its_value(&form.until.tokens) {
                    self.conditions.insert(form.node);
                }
                let mut names = self.body(&form.body);
                names.extend(plain_names([&form.seed, &form.max.plain]));
                names.extend(around(&form.until.tokens));
                names
            }
            Flow::Refine(form) => {
                let mut names = self.body(&form.generator);
                names.extend(self.body(&form.critic));
                names.extend(plain_names([&form.max.plain]));
                names
            }
            Flow::Map(form) => {
                let mut names = self.body(&form.body);
                let max = form.max.as_ref().map(|Count { plain, .. }| plain);
                names.extend(plain_names([&form.items].into_iter().chain(max).chain(&form.concurrency)));
                names
            }
            Flow::If(If { cond, then, otherwise, .. }) => {
                let mut names = named(cond);
                names.extend(self.block(then));
                if let Some((_, otherwise)) = otherwise {
                    names.extend(self.flow(otherwise));
                }
                names
            }
            Flow::Join(join) => join.arms.iter().flat_map(|(_, flow)| self.flow(flow)).collect(),
        }
    }
}

/// The call whose output is that of all of it.
fn output_of(flow: &Flow) -> Option<NodeIndex> {
    match flow {
        Flow::Call(call) => Some(call.node),
        Flow::Pipe(pipe) => pipe.stages.last().map(|call| call.node),
        _ => None,
    }
}

fn call_names(call: &Call) -> Names {
    let mut names = Names::new();
    if let Input::Args(_, args) = &call.input {
        collect(args.clone(), &mut names);
    }
    for option in &call.options {
        collect(option.tokens.clone(), &mut names);
    }
    names
}

fn plain_names<'p, I: IntoIterator<Item = &'p Plain>>(plain: I) -> Names {
    plain.into_iter().flat_map(|plain| named(&plain.tokens)).collect()
}

/// The names in `tokens`.
pub(super) fn named(tokens: &TokenStream) -> Names {
    let mut names = Names::new();
    collect(tokens.clone(), &mut names);
    names
}

/// What a pattern binds.
fn bound_by(pat: &Pat) -> Names {
    bindings(pat).iter().map(ToString::to_string).collect()
}

/// Whether this closure of one value names nothing of it.
fn ignores_its_value(closure: &TokenStream) -> bool {
    halves(closure).is_some_and(|(value, said)| value.is_disjoint(&said))
}

/// What a closure of one value calls it, and what it says; `None` of what is no closure.
fn halves(closure: &TokenStream) -> Option<(Names, Names)> {
    let bar = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == '|');
    let mut tokens = closure.clone().into_iter();
    tokens.next().filter(bar)?;
    let value = tokens.by_ref().take_while(|token| !bar(token)).collect();
    Some((named(&value), named(&tokens.collect())))
}

/// The names that a condition takes from around it.
fn around(closure: &TokenStream) -> Names {
    let Some((value, said)) = halves(closure) else { return named(closure) };
    said.difference(&value).cloned().collect()
}

fn collect(tokens: TokenStream, names: &mut Names) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                names.insert(ident.to_string());
            }
            TokenTree::Group(group) => collect(group.stream(), names),
            // A name in a format string is one, too.
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                names.extend(text.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_owned));
            }
            TokenTree::Punct(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    fn a_condition_that_names_nothing_of_its_value_ignores_it() {
        for blind in [quote!(|_| true), quote!(|label| done()), quote!(|(a, _)| b > 1), quote!(|_: &Label| x)]
        {
            assert!(ignores_its_value(&blind), "{blind}");
        }
        for sees in [
            quote!(|label| label.confidence > 0.95),
            quote!(|(a, b)| b > 1),
            quote!(|x| matches!(x, Label { .. })),
            quote!(|x| format!("{x}").is_empty()),
            quote!(is_good),
        ] {
            assert!(!ignores_its_value(&sees), "{sees}");
        }
    }
}
