//! `refine`: a generator and a critic.

use super::FlowParser;
use super::forms::{form_id, name_at};
use crate::mistake;
use crate::pipeline::model::{Broken, Refine, What};
use proc_macro2::Ident;
use syn::spanned::Spanned;
use syn::{ExprCall, ExprMethodCall};

impl FlowParser<'_> {
    pub(super) fn refine(
        &mut self,
        word: &Ident,
        call: &ExprCall,
        options: &[&ExprMethodCall],
    ) -> Result<Box<Refine>, Broken> {
        let options = self.options_of(word, options);
        let [generator, critic] = call.args.iter().collect::<Vec<_>>()[..] else {
            return Err(self.errors.broken(
                word, mistake::form_arguments,
                "`refine` takes a generator and a critic\nwrite `refine(|feedback| write(feedback), |draft| review(draft)).max(3)`",
            ));
        };
        let Some(max) = options.max else {
            return Err(self.errors.broken(
                word,
                mistake::unbounded_loop,
                "`refine` needs a bound: every loop has one\nadd `.max(n)`",
            ));
        };
        let node = self.node(
            form_id(options.name.as_ref(), word),
            name_at(options.name.as_ref(), word),
            What::Refine,
        );
        let first = self.nodes.len();
        let generator = self.body(generator, generator.span(), "|feedback| flow")?;
        self.runs(&generator, first, word)?;
        let critic = self.body(critic, critic.span(), "|draft| flow")?;
        self.show(node, options.shown);
        self.bound(node, options.within);
        let (or_last, settle) = (options.or_last, options.settle);
        Ok(Box::new(Refine { node, word: word.clone(), generator, critic, max, or_last, settle }))
    }
}
