//! `wait`: a durable timer; and durations, wherever a pipeline has one.

use super::FlowParser;
use super::forms::{form_id, name_at};
use crate::diag;
use crate::mistake;
use crate::names;
use crate::options;
use crate::pipeline::model::{Broken, Plain, Wait, What};
use proc_macro2::Ident;
use quote::quote;
use syn::spanned::Spanned;
use syn::{Expr, ExprCall, ExprLit, ExprMethodCall, Lit};

impl FlowParser<'_> {
    pub(super) fn wait(
        &mut self,
        word: &Ident,
        call: &ExprCall,
        options: &[&ExprMethodCall],
    ) -> Result<Wait, Broken> {
        let options = self.options_of(word, options);
        let [duration] = call.args.iter().collect::<Vec<_>>()[..] else {
            return Err(self.errors.broken(
                word,
                mistake::form_arguments,
                "`wait` takes one duration\nwrite `wait(\"2h\")`, or give it a `Duration`",
            ));
        };
        let shown = vec![("for".to_owned(), options::shown(duration))];
        let written = |time: &str| format!("wait({time})");
        let duration = self.duration(duration, written).map_err(|error| self.errors.broken_error(error))?;
        let id = form_id(options.name.as_ref(), word);
        let node = self.node(id, name_at(options.name.as_ref(), word), What::Wait);
        self.show(node, shown);
        Ok(Wait { node, word: word.clone(), duration })
    }

    /// A literal such as `"2h"`, or a plain expression; `written` is where it stands, for an example.
    pub(super) fn duration(&mut self, wait: &Expr, written: fn(&str) -> String) -> syn::Result<Plain> {
        let pr = names::private();
        match wait {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
                let nanos = options::duration(text)?;
                let tokens = quote!(#pr::Duration::from_nanos(#nanos));
                Ok(Plain { tokens, at: text.span(), reads_context: None })
            }
            Expr::Lit(_) => Err(diag::error(
                wait.span(),
                mistake::duration_in_quotes,
                format!(
                    "a duration is written in quotes\nfor instance `{}`",
                    written(&options::seconds(wait))
                ),
            )),
            wait => Ok(self.plain(wait)),
        }
    }
}
