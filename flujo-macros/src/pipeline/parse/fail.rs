//! `fail`: the end of a pipeline as failed.

use super::FlowParser;
use crate::mistake;
use crate::pipeline::model::{Fail, Flow, What};
use proc_macro2::Ident;
use syn::{ExprCall, ExprMethodCall};

impl FlowParser<'_> {
    pub(super) fn fail(&mut self, word: &Ident, call: &ExprCall, options: &[&ExprMethodCall]) -> Flow {
        self.no_options(word, options, "it ends the pipeline with its message");
        match call.args.iter().collect::<Vec<_>>().as_slice() {
            [message] => {
                let message = self.plain(message);
                let node = self.node("fail", word.span(), What::Fail);
                Flow::Fail(Fail { node, word: word.clone(), message })
            }
            _ => Flow::Broken(self.errors.broken(
                word,
                mistake::form_arguments,
                "`fail` takes one message\nwrite `fail(\"why\")`, or `fail(format!(\"why: {x}\"))`",
            )),
        }
    }
}
