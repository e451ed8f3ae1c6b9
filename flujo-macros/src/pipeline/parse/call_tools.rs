//! `step(..).tools([..])`.

use super::FlowParser;
use super::call::Options;
use crate::mistake;
use crate::names;
use crate::options;
use crate::pipeline::model::CallOption;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::{Expr, ExprMethodCall};

impl FlowParser<'_> {
    /// `.tools([..])`: the list of the attribute, for this call alone.
    pub(super) fn tools(&mut self, option: &ExprMethodCall, all: &mut Options) {
        let word = &option.method;
        let [list] = option.args.iter().collect::<Vec<_>>()[..] else {
            self.errors.at(
                word,
                mistake::not_a_list,
                "`tools` takes a list of steps\nwrite `.tools([search_web, calculator])`",
            );
            return;
        };
        all.shown.push((word.to_string(), options::shown(list)));
        for tool in options::tools(list, &mut self.errors.beside) {
            // What a question says may come from the flow, but not from the context, which the call writes.
            let context = tool.values().find_map(|value| self.reads_context(&value.to_token_stream()));
            if let Some(at) = context {
                self.errors.span(
                    at, mistake::question_reads_the_context,
                    "the call has the context while its tools ask\nbind what the question says first: `let name = ..;`",
                );
                continue;
            }
            let callee = tool.callee(&mut self.callees);
            all.tools.list.push((tool, callee));
        }
        // Where a call is no call of a model, rustc says so at this word.
        let tokens = quote_spanned!(word.span()=> with_tools());
        all.tokens.push(CallOption { dot: option.dot_token, tokens, stand_in: None });
    }

    /// The value of `.tool_choice(..)`: a word, the name of a tool, or an expression.
    pub(super) fn tool_choice(&mut self, value: &Expr) -> TokenStream {
        if let Ok(Some(word)) = options::model_argument("tool_choice", value) {
            return word;
        }
        let name = match value {
            Expr::Path(path) => path.path.get_ident(),
            _ => None,
        };
        match name.filter(|name| !self.scope.contains(&name.to_string())) {
            // Whether it is one of the tools is known when the call is made: they may be those of the attribute.
            Some(name) => {
                let (pr, name) = (names::private(), names::text(name));
                quote!(#pr::ToolChoice::tool(#name))
            }
            None => self.plain(value).tokens,
        }
    }
}
