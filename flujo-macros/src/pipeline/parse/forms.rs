//! Flow forms: words that are neither steps nor values.

use super::FlowParser;
use super::stmt::Binding;
use crate::names;
use crate::options;
use crate::pipeline::model::{Ask, Broken, Fail, Flow, Join, Plain, What, Within};
use crate::tokens::parenthesized;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Expr, ExprCall, ExprClosure, ExprLit, ExprMethodCall, Lit, LitStr, ReturnType, Type};

/// The words of the language.
pub(super) const FORMS: [&str; 10] =
    ["value", "ask", "fail", "join", "repeat", "refine", "map", "route", "gate", "wait"];

impl FlowParser<'_> {
    /// The form that `word` names, if it names one.
    pub(super) fn form(
        &mut self,
        word: &Ident,
        call: &ExprCall,
        options: &[&ExprMethodCall],
        binding: Binding<'_>,
    ) -> Option<Flow> {
        let flow = match word.to_string().as_str() {
            "value" => self.value(word, call, options),
            "fail" => self.fail(word, call, options),
            "ask" => self.ask(word, call, options, binding).map_or_else(Flow::Broken, Flow::Ask),
            "join" => self.join(word, call, options).map_or_else(Flow::Broken, Flow::Join),
            "repeat" => self.repeat(word, call, options).map_or_else(Flow::Broken, Flow::Repeat),
            "refine" => self.refine(word, call, options).map_or_else(Flow::Broken, Flow::Refine),
            "map" => self.map(word, call, options, binding).map_or_else(Flow::Broken, Flow::Map),
            "route" => self.route(word, call, options).map_or_else(Flow::Broken, Flow::Route),
            "gate" => self.gate(word, call, options).map_or_else(Flow::Broken, Flow::Gate),
            "wait" => self.wait(word, call, options).map_or_else(Flow::Broken, Flow::Wait),
            _ => return None,
        };
        Some(flow)
    }

    fn value(&mut self, word: &Ident, call: &ExprCall, options: &[&ExprMethodCall]) -> Flow {
        self.no_options(word, options, "call methods inside the parentheses: `value(x.method())`");
        match call.args.iter().collect::<Vec<_>>().as_slice() {
            [arg] => Flow::Value(self.plain(arg)),
            _ => Flow::Broken(
                self.errors.broken(word, "`value` takes one plain expression\nwrite `value(Some(case))`"),
            ),
        }
    }

    fn fail(&mut self, word: &Ident, call: &ExprCall, options: &[&ExprMethodCall]) -> Flow {
        self.no_options(word, options, "it ends the pipeline with its message");
        match call.args.iter().collect::<Vec<_>>().as_slice() {
            [message] => {
                let message = self.plain(message);
                let node = self.node("fail", word.span(), What::Fail);
                Flow::Fail(Fail { node, word: word.clone(), message })
            }
            _ => Flow::Broken(self.errors.broken(
                word,
                "`fail` takes one message\nwrite `fail(\"why\")`, or `fail(format!(\"why: {x}\"))`",
            )),
        }
    }

    fn ask(
        &mut self,
        word: &Ident,
        call: &ExprCall,
        options: &[&ExprMethodCall],
        binding: Binding<'_>,
    ) -> Result<Ask, Broken> {
        self.form_options(word, options);
        let Some(reply) = binding.ty.filter(|ty| !matches!(ty, Type::Infer(_))) else {
            return Err(self
                .errors
                .broken(word, "`ask(..)` needs the type of its reply\nwrite `let reply: Reply = ask(..);`"));
        };
        let [message] = call.args.iter().collect::<Vec<_>>()[..] else {
            return Err(self.errors.broken(
                word,
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
            self.errors.at(method, "`timeout` of a question takes a duration and a default reply\nwrite `.timeout(\"2h\", Reply::default())`");
            return TokenStream::new();
        };
        shown.push(("timeout".to_owned(), options::shown(wait)));
        let wait = match self.duration(wait) {
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

    /// A literal such as `"2h"`, or a plain expression.
    pub(super) fn duration(&mut self, wait: &Expr) -> syn::Result<Plain> {
        let pr = names::private();
        match wait {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => {
                let nanos = options::duration(text)?;
                let tokens = quote!(#pr::Duration::from_nanos(#nanos));
                Ok(Plain { tokens, at: text.span(), reads_context: None })
            }
            Expr::Lit(_) => {
                Err(syn::Error::new(wait.span(), "a duration is written in quotes\nfor instance \"2h\""))
            }
            wait => Ok(self.plain(wait)),
        }
    }

    fn join(&mut self, word: &Ident, call: &ExprCall, options: &[&ExprMethodCall]) -> Result<Join, Broken> {
        self.form_options(word, options);
        let n = call.args.len();
        if !(2..=8).contains(&n) {
            return Err(self.errors.broken(
                word,
                format!(
                    "`join` takes 2 to 8 arms, this one has {n}\n{}",
                    match n {
                        0 | 1 => "one call needs no `join`",
                        _ => "put some of the arms into a pipeline of their own",
                    }
                ),
            ));
        }
        let mut id = String::new();
        let mut settle = false;
        let (mut within, mut shown) = (Within::default(), Vec::new());
        for option in options {
            match option.method.to_string().as_str() {
                "named" => id = self.name(option).map(|name| name.value()).unwrap_or_default(),
                "settle" => {
                    if !option.args.is_empty() {
                        self.errors.at(&option.args, "`settle` takes no arguments\nwrite `.settle()`");
                    }
                    settle = true;
                }
                word @ ("limits" | "timeout") => {
                    match word {
                        "limits" => within.limits = self.limits(option),
                        _ => within.timeout = self.timeout(option),
                    }
                    let text = option.args.first().map(options::shown).unwrap_or_default();
                    shown.push((word.to_owned(), text));
                }
                _ => {}
            }
        }
        let node = self.node(id, word.span(), What::Join { arms: Vec::new() });
        let mut ranges = Vec::new();
        let mut arms = Vec::new();
        for arm in &call.args {
            let first = self.nodes.len();
            let flow = self.nested(|parser| parser.arm(arm));
            let nodes = first..self.nodes.len();
            let runs =
                self.nodes.get(nodes.clone()).unwrap_or_default().iter().any(|node| node.what.in_path());
            let flow = if runs || matches!(flow, Flow::Broken(_)) {
                flow
            } else {
                Flow::Broken(
                    self.errors.broken(arm, "this arm calls no step\nbind the value before the `join`"),
                )
            };
            ranges.push(nodes);
            arms.push((arm.span(), flow));
        }
        if let Some(join) = self.nodes.get_mut(node) {
            join.what = What::Join { arms: ranges };
            join.options = shown;
            join.within = within;
            if settle {
                join.options.push(("settle".to_owned(), String::new()));
            }
        }
        Ok(Join { node, word: word.clone(), arms, settle })
    }

    /// One arm: a call, a block or `|| ..`.
    fn arm(&mut self, arm: &Expr) -> Flow {
        let Expr::Closure(closure) = arm else { return self.flow(arm, Binding::default()) };
        if let Some(token) = superfluous(closure) {
            let broken = self.errors.broken(
                token,
                "an arm is `|| flow`: it takes nothing and borrows what it names\nremove this",
            );
            return Flow::Broken(broken);
        }
        self.flow(&closure.body, Binding::default())
    }
}

/// What the closure of a body has beyond `|pat| flow`.
pub(super) fn superfluous_of_body(closure: &ExprClosure) -> Option<TokenStream> {
    superfluous(&ExprClosure { inputs: Punctuated::new(), ..closure.clone() })
}

/// What an arm's closure has beyond `||`.
fn superfluous(closure: &ExprClosure) -> Option<TokenStream> {
    let output = match &closure.output {
        ReturnType::Default => None,
        output @ ReturnType::Type(..) => Some(output.to_token_stream()),
    };
    let inputs = (!closure.inputs.is_empty()).then(|| closure.inputs.to_token_stream());
    let capture = closure.capture.map(ToTokens::into_token_stream);
    let asyncness = closure.asyncness.map(ToTokens::into_token_stream);
    asyncness.or(capture).or(inputs).or(output)
}
