//! `join`: two to eight arms that run concurrently.

use super::FlowParser;
use super::forms::superfluous;
use super::stmt::Binding;
use crate::mistake;
use crate::options;
use crate::pipeline::model::{Broken, Flow, Join, What, Within};
use proc_macro2::Ident;
use syn::spanned::Spanned;
use syn::{Expr, ExprCall, ExprMethodCall};

impl FlowParser<'_> {
    pub(super) fn join(
        &mut self,
        word: &Ident,
        call: &ExprCall,
        options: &[&ExprMethodCall],
    ) -> Result<Join, Broken> {
        self.form_options(word, options);
        let n = call.args.len();
        if !(2..=8).contains(&n) {
            return Err(self.errors.broken(
                word,
                mistake::join_arms,
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
                        self.errors.at(
                            &option.args,
                            mistake::option_arguments,
                            "`settle` takes no arguments\nwrite `.settle()`",
                        );
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
                Flow::Broken(self.errors.broken(
                    arm,
                    mistake::runs_nothing,
                    "this arm calls no step\nbind the value before the `join`",
                ))
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
                mistake::closure_shape,
                "an arm is `|| flow`: it takes nothing and borrows what it names\nremove this",
            );
            return Flow::Broken(broken);
        }
        self.flow(&closure.body, Binding::default())
    }
}
