//! What only the source tells of nodes, for the report on a graph: outputs that nobody takes, conditions that do not
//! look at their value.

use super::model::{Block, Body, Flow, Line, Match, NodeIndex, Pipeline};
use proc_macro2::{TokenStream, TokenTree};
use std::collections::BTreeSet;

#[derive(Default)]
pub(super) struct Noted {
    /// Calls whose output ends with their statement.
    pub(super) unused: BTreeSet<NodeIndex>,
    /// Loops whose condition does not look at the value.
    pub(super) blind: BTreeSet<NodeIndex>,
}

impl Noted {
    pub(super) fn of(pipeline: &Pipeline) -> Self {
        let mut noted = Self::default();
        if let Some(body) = &pipeline.body {
            noted.block(body);
        }
        noted
    }

    fn block(&mut self, block: &Block) {
        for line in &block.lines {
            match line {
                Line::Flow { flow, .. } => {
                    match &**flow {
                        Flow::Call(call) => {
                            self.unused.insert(call.node);
                        }
                        Flow::Pipe(pipe) => self.unused.extend(pipe.stages.last().map(|call| call.node)),
                        _ => {}
                    }
                    self.flow(flow);
                }
                Line::Let(line) => {
                    self.flow(&line.flow);
                    if let Some((_, _, otherwise)) = &line.otherwise {
                        self.block(otherwise);
                    }
                }
            }
        }
        if let Some(tail) = &block.tail {
            self.flow(tail);
        }
    }

    fn arms(&mut self, expr: &Match) {
        expr.arms.iter().for_each(|arm| self.flow(&arm.body));
    }

    fn body(&mut self, body: &Body) {
        self.flow(&body.flow);
    }

    fn flow(&mut self, flow: &Flow) {
        match flow {
            Flow::Value(_)
            | Flow::Broken(_)
            | Flow::Call(_)
            | Flow::Ask(_)
            | Flow::Fail(_)
            | Flow::Gate(_)
            | Flow::Wait(_) => {}
            Flow::Pipe(pipe) => self.flow(&pipe.head),
            Flow::Block(block) => self.block(block),
            Flow::Match(expr) => self.arms(expr),
            Flow::Route(form) => self.arms(&form.arms),
            Flow::Repeat(form) => {
                if ignores_its_value(form.until.tokens.clone()) {
                    self.blind.insert(form.node);
                }
                self.body(&form.body);
            }
            Flow::Refine(form) => {
                self.body(&form.generator);
                self.body(&form.critic);
            }
            Flow::Map(form) => self.body(&form.body),
            Flow::If(expr) => {
                self.block(&expr.then);
                if let Some((_, otherwise)) = &expr.otherwise {
                    self.flow(otherwise);
                }
            }
            Flow::Join(join) => join.arms.iter().for_each(|(_, flow)| self.flow(flow)),
        }
    }
}

/// Whether this closure of one value names nothing of it.
fn ignores_its_value(closure: TokenStream) -> bool {
    let bar = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == '|');
    let mut tokens = closure.into_iter();
    if !tokens.next().as_ref().is_some_and(bar) {
        return false;
    }
    let mut names = BTreeSet::new();
    for token in tokens.by_ref() {
        if bar(&token) {
            break;
        }
        collect(TokenStream::from(token), &mut names);
    }
    let mut said = BTreeSet::new();
    collect(tokens.collect(), &mut said);
    names.is_disjoint(&said)
}

fn collect(tokens: TokenStream, names: &mut BTreeSet<String>) {
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
            assert!(ignores_its_value(blind.clone()), "{blind}");
        }
        for sees in [
            quote!(|label| label.confidence > 0.95),
            quote!(|(a, b)| b > 1),
            quote!(|x| matches!(x, Label { .. })),
            quote!(|x| format!("{x}").is_empty()),
            quote!(is_good),
        ] {
            assert!(!ignores_its_value(sees.clone()), "{sees}");
        }
    }
}
