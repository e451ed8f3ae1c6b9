//! The parts that forms have in common: closures whose body is flow, and their options.

use super::FlowParser;
use super::call::is_form;
use super::counts::is_const;
use super::form_options;
use super::forms::superfluous_of_body;
use super::stmt::Binding;
use crate::mistake::{self, Mistake};
use crate::names;
use crate::options;
use crate::pipeline::model::{Body, Broken, Count, Flow, Input, NodeIndex, Plain, Within};
use proc_macro2::{Ident, Span};
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, ExprMethodCall, ExprPath, Lit, LitStr};

/// The options of a form.
#[derive(Default)]
pub(super) struct FormOptions<'a> {
    pub name: Option<LitStr>,
    pub settle: bool,
    pub or_last: bool,
    pub max: Option<Count>,
    pub until: Option<&'a ExprMethodCall>,
    pub concurrency: Option<&'a Expr>,
    pub plugins: Vec<(&'a ExprMethodCall, &'a Expr)>,
    pub keeps: Option<Span>,
    pub strict: Option<&'a Expr>,
    pub within: Within,
    pub shown: Vec<(String, String)>,
}

impl FlowParser<'_> {
    /// The options of the form `word`.
    pub(super) fn options_of<'a>(&mut self, word: &Ident, options: &[&'a ExprMethodCall]) -> FormOptions<'a> {
        self.form_options(word, options);
        let known = form_options::of(&word.to_string());
        let mut all = FormOptions::default();
        for &option in options {
            let (method, args) = (&option.method, &option.args);
            let name = method.to_string();
            if !known.contains(&name.as_str()) {
                continue;
            }
            match (name.as_str(), args.iter().collect::<Vec<_>>().as_slice()) {
                ("named", _) => {
                    all.name = self.name(option);
                    continue;
                }
                ("settle", []) => all.settle = true,
                ("or_last", []) => all.or_last = true,
                ("keep_findings", []) => all.keeps = Some(method.span()),
                ("settle" | "or_last" | "keep_findings", _) => {
                    self.errors.at(
                        args,
                        mistake::option_arguments,
                        format!("`{name}` takes no arguments\nwrite `.{name}()`"),
                    );
                }
                ("max", [n]) => all.max = Some(self.count(n, word)),
                ("max", _) => {
                    self.errors.at(
                        method,
                        mistake::option_arguments,
                        "`max` takes one number\nwrite `.max(3)`",
                    );
                    all.max = Some(Count { plain: Self::nothing(method.span()), known: None });
                }
                ("limits", _) => {
                    all.within.limits = self.limits(option);
                    if all.within.limits.is_none() {
                        continue;
                    }
                }
                ("timeout", _) => {
                    all.within.timeout = self.timeout(option);
                    if all.within.timeout.is_none() {
                        continue;
                    }
                }
                ("until", _) => all.until = Some(option),
                ("concurrency", [n]) => {
                    if number(n) == Some(0) {
                        self.errors.at(n, mistake::concurrency_zero, "at least one item runs at a time\nwrite `.concurrency(1)` for one after the other");
                    }
                    self.counted(n, "assert_concurrency");
                    all.concurrency = Some(n);
                }
                ("concurrency", _) => {
                    self.errors.at(
                        method,
                        mistake::option_arguments,
                        "`concurrency` takes one number\nwrite `.concurrency(4)`",
                    );
                }
                ("plugin", [plugin]) => all.plugins.push((option, plugin)),
                ("plugin", _) => {
                    self.errors.at(
                        method,
                        mistake::option_arguments,
                        "`plugin` takes one plugin\nwrite `.plugin(Redact)`, once for each",
                    );
                }
                ("strict", [yes]) => all.strict = Some(yes),
                ("strict", _) => {
                    self.errors.at(
                        method,
                        mistake::option_arguments,
                        "`strict` takes `true` or `false`\nwrite `.strict(false)`",
                    );
                }
                _ => {}
            }
            let shown = args.first().map(options::shown).unwrap_or_default();
            all.shown.push((name, shown));
        }
        all
    }

    /// `.limits(..)` of a form.
    pub(super) fn limits(&mut self, option: &ExprMethodCall) -> Option<Plain> {
        let [limits] = option.args.iter().collect::<Vec<_>>()[..] else {
            let message = "`limits` takes one `UsageLimits`\nwrite `.limits(UsageLimits::usd(\"0.10\"))`";
            self.errors.at(&option.method, mistake::option_arguments, message);
            return None;
        };
        match options::limits(limits) {
            Ok(()) => Some(self.plain(limits)),
            Err(error) => {
                self.errors.beside.push(error);
                None
            }
        }
    }

    /// `.timeout(..)` of a form.
    pub(super) fn timeout(&mut self, option: &ExprMethodCall) -> Option<Plain> {
        let [limit] = option.args.iter().collect::<Vec<_>>()[..] else {
            self.errors.at(
                &option.method,
                mistake::option_arguments,
                "`timeout` takes one duration\nwrite `.timeout(\"20s\")`",
            );
            return None;
        };
        match self.duration(limit, |time| format!(".timeout({time})")) {
            Ok(limit) => Some(limit),
            Err(error) => {
                self.errors.beside.push(error);
                None
            }
        }
    }

    /// The number of a `.max(n)`.
    fn count(&mut self, n: &Expr, word: &Ident) -> Count {
        if number(n) == Some(0) {
            let why = if word == "map" {
                "`.max(0)` allows no item\nremove `.max`, or set it to 1 or more"
            } else {
                "a loop runs at least once\nset `max` to 1 or more"
            };
            return Count { plain: self.broken_count(n, mistake::max_zero, why), known: None };
        }
        if let Expr::Lit(ExprLit { lit, .. }) = n
            && !matches!(lit, Lit::Int(_))
        {
            let why = "`max` is a whole number\nfor instance `.max(3)`";
            return Count { plain: self.broken_count(n, mistake::not_a_whole_number, why), known: None };
        }
        self.counted(n, if word == "map" { "assert_items" } else { "assert_rounds" });
        let known = is_const(n).then(|| n.clone());
        Count { plain: self.plain(n), known }
    }

    /// A count that a constant knows, but not the macro, is looked at by rustc.
    fn counted(&mut self, n: &Expr, assertion: &'static str) {
        if is_const(n) && number(n).is_none() {
            self.counts.push((n.clone(), assertion));
        }
    }

    fn broken_count(&mut self, n: &Expr, mistake: Mistake, why: &str) -> Plain {
        let tokens = self.errors.broken(n, mistake, why).tokens;
        Plain { tokens, at: n.span(), reads_context: None }
    }

    /// Stands where an expression is missing, which was reported.
    fn nothing(at: Span) -> Plain {
        let tokens = names::recovered();
        Plain { tokens, at, reads_context: None }
    }

    /// `|pat| flow`, or the name of a step: `value` is where its input comes from.
    pub(super) fn body(&mut self, expr: &Expr, value: Span, example: &str) -> Result<Body, Broken> {
        match expr {
            Expr::Group(group) => self.body(&group.expr, value, example),
            Expr::Closure(closure) => {
                if let Some(token) = superfluous_of_body(closure) {
                    return Err(self.errors.broken(
                        token,
                        mistake::closure_shape,
                        format!("this body is `{example}`: it borrows what it names\nremove this"),
                    ));
                }
                let [pat] = closure.inputs.iter().collect::<Vec<_>>()[..] else {
                    let n = closure.inputs.len();
                    let at = closure.inputs_begin.spans[0];
                    return Err(self.errors.broken_span(
                        at,
                        mistake::body_takes_one_value,
                        format!(
                            "this body takes one value, not {n}\nwrite `{example}`, with a tuple for several"
                        ),
                    ));
                };
                let flow = self.nested(|parser| {
                    parser.bind(pat);
                    parser.flow(&closure.body, Binding::default())
                });
                Ok(Body { pat: Some(pat.clone()), flow, at: closure.body.span() })
            }
            Expr::Path(path) if path.qself.is_none() => self.bare(path, value),
            _ => Err(self.errors.broken(
                expr,
                mistake::not_a_body,
                format!("this body is a closure, or the name of a step\nwrite `{example}`"),
            )),
        }
    }

    /// The name of a step in place of a closure.
    fn bare(&mut self, path: &ExprPath, value: Span) -> Result<Body, Broken> {
        if let Some(word) = path.path.get_ident().filter(|word| is_form(word)) {
            return Err(self.errors.broken(
                word,
                mistake::form_as_a_step,
                format!("`{word}` is a flow form, not a step\nwrite a closure: `|x| {word}(..)`"),
            ));
        }
        if let Some(broken) = self.no_step(&path.path) {
            return Err(broken);
        }
        let at = path.path.segments.last().map_or_else(|| path.span(), |last| last.ident.span());
        let call = self.nested(|parser| parser.step(&path.path, Input::Piped(value), &[]));
        Ok(Body { pat: None, flow: Flow::Call(call), at })
    }

    /// Whether anything from `first` on runs.
    pub(super) fn runs_since(&self, first: NodeIndex) -> bool {
        self.nodes.iter().skip(first).any(|node| node.what.in_path())
    }
}

/// A literal number.
pub(super) fn number(expr: &Expr) -> Option<u64> {
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Int(n), .. }) => n.base10_parse().ok(),
        Expr::Paren(paren) => number(&paren.expr),
        Expr::Group(group) => number(&group.expr),
        _ => None,
    }
}
