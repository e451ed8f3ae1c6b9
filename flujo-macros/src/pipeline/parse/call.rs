//! Calls of steps and pipelines, with their options.

use super::FlowParser;
use super::counts::{given, listed};
use super::flow::chain;
use super::forms::FORMS;
use super::header::is_name;
use super::steps_in_values::is_type_like;
use super::stmt::Binding;
use crate::mistake;
use crate::names;
use crate::options::{self, Place};
use crate::pipeline::impure::called_as_a_step;
use crate::pipeline::model::{Args, Broken, Call, CallOption, CallTools, Flow, Given, Input, StandIns, What};
use crate::tokens::parenthesized;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::spanned::Spanned;
use syn::{Expr, ExprCall, ExprLit, ExprMethodCall, Lit, LitStr, Path};

/// The options of one call.
pub(super) struct Options {
    pub(super) tokens: Vec<CallOption>,
    pub(super) shown: Vec<(String, String)>,
    name: Option<LitStr>,
    settle: bool,
    retries: Given,
    pub(super) stand_ins: StandIns,
    pub(super) tools: Box<CallTools>,
    keeps: bool,
}

impl FlowParser<'_> {
    /// `path(args).options()`: a form, or a step.
    pub(super) fn call_of(
        &mut self,
        call: &ExprCall,
        options: &[&ExprMethodCall],
        binding: Binding<'_>,
    ) -> Flow {
        let Some(path) = called(&call.func) else {
            return Flow::Value(self.plain(&rebuilt(call, options)));
        };
        self.no_attributes(&call.attrs);
        if path.qself.is_some() {
            return Flow::Broken(self.errors.broken(
                &path.path, mistake::function_of_a_type,
                "a function of a type is not a step\nwrite `value(..)` around this call if it is a plain value",
            ));
        }
        if let Some(word) = path.path.get_ident()
            && let Some(form) = self.form(word, call, options, binding)
        {
            return form;
        }
        if let Some(broken) = self.no_step(&path.path) {
            return Flow::Broken(broken);
        }
        if let Some(broken) = self.used(&path.path, options) {
            return Flow::Broken(broken);
        }
        let args = self.plain_args(&call.args);
        Flow::Call(self.step(&path.path, Input::Args(call.paren_token, args), options))
    }

    /// The right side of `x >> step.options()`.
    pub(super) fn stage(&mut self, expr: &Expr, left: Span) -> Result<Call, Broken> {
        let (base, options) = chain(expr);
        let path = match base {
            Expr::Path(path) if path.qself.is_none() => &path.path,
            Expr::Lit(_) => {
                return Err(self.errors.broken(
                    expr, mistake::right_side_of_pipe,
                    "the right side of `>>` is the name of a step\nwrite `value(..)` around a shift of numbers",
                ));
            }
            Expr::Call(call) => {
                let name = names::source(&call.func);
                return Err(self.errors.broken(
                    base, mistake::right_side_of_pipe,
                    format!("the right side of `>>` is the name of a step, which takes the left side alone\nwrite `x >> {name}`, or call it: `{name}(x, ..)`"),
                ));
            }
            _ => {
                return Err(self.errors.broken(
                    base, mistake::right_side_of_pipe,
                    "the right side of `>>` is the name of a step, with options\nfor instance `x >> review.retries(2)`",
                ));
            }
        };
        if let Some(word) = path.get_ident().filter(|word| is_form(word)) {
            return Err(self.errors.broken(
                word,
                mistake::form_as_a_step,
                format!("`{word}` is a flow form, not a step\nbind the left side first: `let x = ..;`"),
            ));
        }
        if let Some(broken) = self.no_step(path).or_else(|| self.used(path, &options)) {
            return Err(broken);
        }
        Ok(self.step(path, Input::Piped(left), &options))
    }

    /// The error for a path that cannot name a step.
    pub(super) fn no_step(&mut self, path: &Path) -> Option<Broken> {
        let mut segments = path.segments.iter().rev();
        let last = &segments.next()?.ident;
        let text = names::source(path);
        let upper = |ident: &Ident| ident.to_string().starts_with(char::is_uppercase);
        if upper(last) {
            return Some(self.errors.broken(
                path,
                mistake::constructor_as_a_step,
                format!("`{text}` is a constructor, not a step\nwrite `value({text}(..))`"),
            ));
        }
        if let Some(message) = called_as_a_step(path) {
            return Some(self.errors.broken(path, mistake::impure_expression, message));
        }
        if let Some(before) = segments.next() {
            if is_type_like(before) {
                return Some(self.errors.broken(
                    path,
                    mistake::function_of_a_type,
                    format!("`{text}` is a function of a type, not a step\nwrite `value({text}(..))`"),
                ));
            }
            return None;
        }
        if self.lost.contains(&last.to_string()) {
            return Some(Broken { tokens: names::recovered() });
        }
        if self.scope.contains(&last.to_string()) {
            return Some(self.errors.broken(
                last,
                mistake::step_shadowed,
                format!("`{last}` is a value here: an earlier binding shadows the step\nrename that binding"),
            ));
        }
        (*last == self.header.ident).then(|| {
            self.errors.broken(
                last, mistake::calls_itself,
                format!("`{last}` cannot call itself: its graph would be endless\nrepeat a part of it with `repeat(x, |x| ..).until(|x| ..).max(n)`"),
            )
        })
    }

    /// The error for `triage(post).risk()`: a method that is far from any option is one of the output.
    fn used(&mut self, path: &Path, options: &[&ExprMethodCall]) -> Option<Broken> {
        let known = |method: &Ident| {
            let word = method.to_string();
            options::find(&word).is_some()
                || crate::diag::did_you_mean(&word, options::words(Place::Call)).is_some()
        };
        let method = &options.iter().find(|option| !known(&option.method))?.method;
        let name = names::source(path);
        Some(if method == "run" {
            self.errors.broken(
                method,
                mistake::run_called,
                format!("a pipeline runs its steps itself\nremove `.run(..)` after `{name}(..)`"),
            )
        } else {
            self.errors.broken(
                method, mistake::output_not_available,
                format!("`{method}` is not an option of a call, and the output of `{name}` is not available yet\nbind it to a variable first: `let x = {name}(..);`, then `x.{method}(..)`"),
            )
        })
    }

    pub(super) fn step(&mut self, path: &Path, input: Input, options: &[&ExprMethodCall]) -> Call {
        let callee = self.callees.of(path);
        let Options { tokens, shown, name, settle, retries, stand_ins, tools, keeps } = self.options(options);
        let last = path.segments.last().map(|segment| &segment.ident);
        let (id, at) = match (&name, last) {
            (Some(name), _) => (name.value(), name.span()),
            (None, Some(last)) => (names::text(last), last.span()),
            (None, None) => (String::new(), path.span()),
        };
        let reads_context = match &input {
            Input::Args(_, args) => self.reads_context(args),
            Input::Piped(_) => None,
        };
        let reads_context =
            reads_context.or_else(|| tokens.iter().find_map(|option| self.reads_context(&option.tokens)));
        let node = self.node(id, at, What::Call { callee: callee.clone(), retries, stand_ins, tools, keeps });
        if let Some(node) = self.nodes.get_mut(node) {
            node.options = shown;
        }
        Call { node, path: path.clone(), callee, input, options: tokens, settle, reads_context }
    }

    fn options(&mut self, options: &[&ExprMethodCall]) -> Options {
        let mut all = Options {
            tokens: Vec::new(),
            shown: Vec::new(),
            name: None,
            settle: false,
            retries: Given::Default,
            stand_ins: StandIns::default(),
            tools: Box::default(),
            keeps: false,
        };
        for (i, option) in options.iter().enumerate() {
            let before = options.get(..i).unwrap_or_default();
            let word = option.method.to_string();
            let several = matches!(word.as_str(), "validate" | "plugin" | "extra");
            if !several && before.iter().any(|other| other.method == option.method) {
                self.errors.at(
                    &option.method,
                    mistake::given_twice,
                    format!("`{}` is given twice\nkeep one of them", option.method),
                );
                continue;
            }
            self.no_attributes(&option.attrs);
            if let Some(args) = &option.turbofish {
                self.errors.at(
                    args,
                    mistake::option_type_arguments,
                    "an option takes no type arguments\nremove them",
                );
            }
            self.option(option, &mut all);
        }
        let is = |option: &&&ExprMethodCall, words: &[&str]| words.iter().any(|word| option.method == word);
        let of_tools =
            options.iter().find(|option| is(option, &["tool_rounds", "tool_choice", "parallel_calls"]));
        if let Some(of_tools) = of_tools.filter(|_| !options.iter().any(|option| is(&option, &["tools"]))) {
            all.tools.bounded = Some(of_tools.method.clone());
        }
        all
    }

    fn option(&mut self, option: &ExprMethodCall, all: &mut Options) {
        let (method, args) = (&option.method, &option.args);
        let word = method.to_string();
        let known = options::find(&word).is_some_and(|word| word.applies(Place::Call));
        if !known {
            self.errors.beside.push(options::unknown(method, Place::Call));
            return;
        }
        match word.as_str() {
            "named" => all.name = self.name(option),
            "settle" | "keep_findings" if !args.is_empty() => {
                self.errors.at(
                    args,
                    mistake::option_arguments,
                    format!("`{word}` takes no arguments\nwrite `.{word}()`"),
                );
            }
            "settle" => {
                all.settle = true;
                all.shown.push((word, String::new()));
            }
            "fallback" | "redirect" => self.stand_in(&word, option, all),
            "tools" => self.tools(option, all),
            _ => {
                if word == "extra" {
                    let shown: Vec<_> = args.iter().map(options::shown).collect();
                    all.shown.push((word.clone(), shown.join(" = ")));
                } else if let [arg] = args.iter().collect::<Vec<_>>().as_slice() {
                    if let Err(error) = options::check_call(&word, arg) {
                        self.errors.beside.push(error);
                        if word == "retries" {
                            all.retries = Given::Unknown;
                        }
                        return;
                    }
                    all.shown.push((word.clone(), options::shown(arg)));
                }
                match word.as_str() {
                    "retries" => all.retries = given(args),
                    "tool_rounds" => all.tools.rounds = given(args),
                    "model" => all.tools.models = Given::Known(syn::parse_quote!(1)),
                    "models" => all.tools.models = listed(args),
                    "keep_findings" => {
                        all.keeps = true;
                        all.shown.push((word.clone(), String::new()));
                    }
                    _ => {}
                }
                let args = match (word.as_str(), args.first()) {
                    ("validate", Some(one)) if args.len() == 1 => self.validators(one).tokens,
                    ("tool_choice", Some(one)) if args.len() == 1 => self.tool_choice(one),
                    _ => converted(&word, args).unwrap_or_else(|| self.plain_args(args)),
                };
                let args = parenthesized(args, option.paren_token.span.join());
                all.tokens.push(CallOption {
                    dot: option.dot_token,
                    tokens: quote!(#method #args),
                    stand_in: None,
                });
            }
        }
    }

    /// The literal in `.named("..")`.
    pub(super) fn name(&mut self, option: &ExprMethodCall) -> Option<LitStr> {
        match option.args.iter().collect::<Vec<_>>().as_slice() {
            [Expr::Lit(ExprLit { lit: Lit::Str(text), .. })] => {
                if is_name(&text.value()) {
                    return Some(text.clone());
                }
                self.errors.at(
                    text,
                    mistake::not_a_node_name,
                    "a name holds the letters `a` to `z`, digits and `_`\nit is a segment of paths",
                );
            }
            [other] => self.errors.at(
                other,
                mistake::not_a_node_name,
                "a name is a literal, since paths are known at compile time\nwrite `.named(\"second_look\")`",
            ),
            _ => self.errors.at(
                &option.method,
                mistake::option_arguments,
                "`named` takes one literal\nwrite `.named(\"second_look\")`",
            ),
        }
        None
    }
}

pub(super) fn is_form(word: &Ident) -> bool {
    let word = word.to_string();
    FORMS.contains(&word.as_str())
}

/// The path that is called; `macro_rules!` puts an invisible group around one.
fn called(func: &Expr) -> Option<&syn::ExprPath> {
    match func {
        Expr::Path(path) => Some(path),
        Expr::Group(group) => called(&group.expr),
        _ => None,
    }
}

fn rebuilt(call: &ExprCall, options: &[&ExprMethodCall]) -> Expr {
    options.last().map_or_else(|| Expr::Call(call.clone()), |last| Expr::MethodCall((*last).clone()))
}

/// Values that are written as text, as the runtime takes them.
fn converted(word: &str, args: &Args) -> Option<TokenStream> {
    let pr = names::private();
    let arg = args.first().filter(|_| args.len() == 1)?;
    match (word, arg) {
        ("timeout", Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) => {
            let nanos = options::duration(text).ok()?;
            Some(quote!(#pr::Duration::from_nanos(#nanos)))
        }
        ("cached", arg) => options::cached(arg).ok().map(options::Cached::tokens),
        ("backoff", arg) => options::backoff(arg).ok().map(options::Backoff::tokens),
        (word, arg) => options::model_argument(word, arg).ok().flatten(),
    }
}
