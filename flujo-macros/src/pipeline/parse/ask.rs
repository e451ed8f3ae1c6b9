//! `ask`: a question to a person.

use super::FlowParser;
use super::stmt::{Binding, Place};
use crate::mistake;
use crate::names;
use crate::options;
use crate::pipeline::model::{Ask, Broken, What};
use crate::tokens::parenthesized;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::spanned::Spanned;
use syn::{ExprCall, ExprMethodCall, LitStr, Type};

impl FlowParser<'_> {
    pub(super) fn ask(
        &mut self,
        word: &Ident,
        call: &ExprCall,
        options: &[&ExprMethodCall],
        binding: Binding<'_>,
    ) -> Result<Ask, Broken> {
        self.form_options(word, options);
        let Some(reply) = binding.ty.filter(|ty| !matches!(ty, Type::Infer(_))) else {
            let write = match binding.place {
                Place::Let => "write `let reply: Reply = ask(..);`",
                Place::Line => "write `let reply: Reply = ask(..);`, and use `reply` on the next line",
                Place::Arm => "write a block here: `{ let reply: Reply = ask(..); reply }`",
            };
            return Err(self.errors.broken(
                word,
                mistake::ask_without_type,
                format!("`ask(..)` needs the type of its reply\n{write}"),
            ));
        };
        let [message] = call.args.iter().collect::<Vec<_>>()[..] else {
            return Err(self.errors.broken(
                word,
                mistake::form_arguments,
                "`ask` takes one message\nwrite `let reply: Reply = ask(\"what to decide\").showing(&x);`",
            ));
        };
        let message = self.plain(message);
        let mut name = None;
        let mut shown = Vec::new();
        let mut methods = TokenStream::new();
        for option in options {
            match option.method.to_string().as_str() {
                "named" => name = self.name(option),
                "showing" => {
                    let (dot, method) = (&option.dot_token, &option.method);
                    let args = parenthesized(self.plain_args(&option.args), option.paren_token.span.join());
                    methods.extend(quote!(#dot #method #args));
                }
                "timeout" => methods.extend(self.deadline(option, reply, &mut shown)),
                _ => {}
            }
        }
        let id = name
            .as_ref()
            .map(LitStr::value)
            .or_else(|| binding.name.map(names::text))
            .unwrap_or_else(|| "ask".to_owned());
        let at = name.map(|name| name.span()).or_else(|| binding.name.map(Ident::span));
        let node = self.node(id, at.unwrap_or_else(|| word.span()), What::Ask { reply: reply.clone() });
        if let Some(node) = self.nodes.get_mut(node) {
            node.options = shown;
        }
        let reads_context = message.reads_context.or_else(|| self.reads_context(&methods));
        Ok(Ask {
            node,
            word: word.clone(),
            reply: reply.clone(),
            message: message.tokens,
            options: methods,
            reads_context,
        })
    }

    /// `.timeout("2h", default)`: the default is a reply like any other.
    fn deadline(
        &mut self,
        option: &ExprMethodCall,
        reply: &Type,
        shown: &mut Vec<(String, String)>,
    ) -> TokenStream {
        let (dot, method) = (&option.dot_token, &option.method);
        let [wait, default] = option.args.iter().collect::<Vec<_>>()[..] else {
            self.errors.at(method, mistake::ask_timeout_without_default, "`timeout` of a question takes a duration and a default reply\nwrite `.timeout(\"2h\", Reply::default())`");
            return TokenStream::new();
        };
        shown.push(("timeout".to_owned(), options::shown(wait)));
        let wait = match self.duration(wait, |time| format!(".timeout({time}, ..)")) {
            Ok(wait) => wait.tokens,
            Err(error) => {
                self.errors.beside.push(error);
                return TokenStream::new();
            }
        };
        let at = default.span();
        let default = self.plain(default).tokens;
        // bound with its type, so that a wrong one is reported at the user's expression
        let local = names::local("__default", at);
        let default = quote!({ let #local: #reply = #default; #local });
        let args = parenthesized(quote!(#wait, #default), option.paren_token.span.join());
        quote!(#dot #method #args)
    }
}
