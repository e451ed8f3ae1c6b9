//! `step(..).fallback(other)` and `.redirect(other)`.

use super::FlowParser;
use super::call::Options;
use crate::mistake;
use crate::names;
use crate::options::example;
use crate::pipeline::model::CallOption;
use proc_macro2::TokenStream;
use syn::{Expr, ExprMethodCall, Path};

impl FlowParser<'_> {
    /// Both name a step that gets the same input.
    pub(super) fn stand_in(&mut self, word: &str, option: &ExprMethodCall, all: &mut Options) {
        match option.args.first() {
            Some(Expr::Path(path)) if path.qself.is_none() && option.args.len() == 1 => {
                if self.no_step_name(&path.path) {
                    return;
                }
                let callee = self.callees.of(&path.path);
                let (slot, method) = match word {
                    "redirect" => (&mut all.stand_ins.redirect, "with_redirect"),
                    _ => (&mut all.stand_ins.fallback, "with_fallback"),
                };
                *slot = Some(callee.clone());
                all.shown.push((word.to_owned(), names::source(&path.path)));
                all.tokens.push(CallOption {
                    dot: option.dot_token,
                    tokens: TokenStream::new(),
                    stand_in: Some((method, path.path.clone(), callee)),
                });
            }
            Some(Expr::Call(call)) if option.args.len() == 1 => {
                let name = names::source(&call.func);
                self.errors.at(
                    &call.func,
                    mistake::named_not_called,
                    format!(
                        "`{word}` takes the name of a step: it gets the same input\nwrite `.{word}({name})`"
                    ),
                );
            }
            _ => self.errors.at(
                &option.method,
                mistake::not_a_step_name,
                format!("`{word}` takes the name of one step\nwrite `.{word}({})`", example(word)),
            ),
        }
    }

    /// Reports a fallback or redirect that is no step's name by its looks.
    fn no_step_name(&mut self, path: &Path) -> bool {
        let Some(last) = path.segments.last() else { return true };
        let upper = last.ident.to_string().starts_with(char::is_uppercase);
        let local = path.get_ident().is_some_and(|name| self.scope.contains(&name.to_string()));
        if upper || local {
            self.errors.at(
                path,
                mistake::not_a_step_name,
                format!("`{}` is not the name of a step", names::source(path)),
            );
        }
        upper || local
    }
}
