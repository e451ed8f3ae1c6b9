//! `value`: a plain expression in the place of a call.

use super::FlowParser;
use crate::mistake;
use crate::pipeline::model::Flow;
use proc_macro2::Ident;
use syn::{ExprCall, ExprMethodCall};

impl FlowParser<'_> {
    pub(super) fn value(&mut self, word: &Ident, call: &ExprCall, options: &[&ExprMethodCall]) -> Flow {
        self.no_options(word, options, "call methods inside the parentheses: `value(x.method())`");
        match call.args.iter().collect::<Vec<_>>().as_slice() {
            [arg] => Flow::Value(self.plain(arg)),
            _ => Flow::Broken(self.errors.broken(
                word,
                mistake::form_arguments,
                "`value` takes one plain expression\nwrite `value(Some(case))`",
            )),
        }
    }
}
