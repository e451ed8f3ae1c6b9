//! `repeat`: a body that runs until a condition holds.

use super::FlowParser;
use super::body::FormOptions;
use super::forms::{form_id, name_at};
use crate::mistake;
use crate::pipeline::model::{Broken, Count, Plain, Repeat, What};
use proc_macro2::Ident;
use syn::{Expr, ExprCall, ExprMethodCall};

impl FlowParser<'_> {
    pub(super) fn repeat(
        &mut self,
        word: &Ident,
        call: &ExprCall,
        options: &[&ExprMethodCall],
    ) -> Result<Box<Repeat>, Broken> {
        let options = self.options_of(word, options);
        let [seed, body] = call.args.iter().collect::<Vec<_>>()[..] else {
            return Err(self.errors.broken(
                word, mistake::form_arguments,
                "`repeat` takes the first value and a body\nwrite `repeat(first, |x| step(x)).until(|x| x.good).max(3)`",
            ));
        };
        let (until, max) = self.ends(word, &options)?;
        let seed = self.plain(seed);
        let node = self.node(
            form_id(options.name.as_ref(), word),
            name_at(options.name.as_ref(), word),
            What::Repeat,
        );
        let first = self.nodes.len();
        let body = self.body(body, seed.at, "|x| flow")?;
        self.runs(&body, first, word)?;
        let FormOptions { or_last, settle, shown, within, .. } = options;
        self.show(node, shown);
        self.bound(node, within);
        Ok(Box::new(Repeat { node, word: word.clone(), seed, body, until, max, or_last, settle }))
    }

    /// The condition and the bound of a `repeat`: both are needed.
    fn ends(&mut self, word: &Ident, options: &FormOptions<'_>) -> Result<(Plain, Count), Broken> {
        let missing = match (options.until, &options.max) {
            (None, None) => {
                Some("`repeat` needs a condition and a bound\nadd `.until(|x| ..)` and `.max(n)`")
            }
            (None, Some(_)) => Some("`repeat` needs a condition\nadd `.until(|x| ..)`"),
            (Some(_), None) => Some("`repeat` needs a bound: every loop has one\nadd `.max(n)`"),
            (Some(_), Some(_)) => None,
        };
        if let Some(message) = missing {
            return Err(self.errors.broken(word, mistake::unbounded_loop, message));
        }
        let Some(until) = options.until else {
            return Err(self.errors.broken(word, mistake::unbounded_loop, "`repeat` needs `.until`"));
        };
        let holds = match until.args.iter().collect::<Vec<_>>()[..] {
            [holds @ Expr::Closure(closure)] if closure.inputs.len() == 1 => holds,
            [holds @ Expr::Path(_)] => holds,
            _ => {
                return Err(self.errors.broken(
                    &until.method,
                    mistake::option_arguments,
                    "`until` takes a condition on the value of a round\nwrite `.until(|x| x.good)`",
                ));
            }
        };
        let Some(max) = &options.max else {
            return Err(self.errors.broken(word, mistake::unbounded_loop, "`repeat` needs `.max`"));
        };
        let max = Count { plain: max.plain.clone(), known: max.known.clone() };
        Ok((self.plain(holds), max))
    }
}
