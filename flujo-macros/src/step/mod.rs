//! `#[step]`: parse, judge, expand.
//!
//! A mistake in the options still gives the whole step, with defaults. A mistake in the signature gives a
//! replacement of the same name and inputs that runs anywhere, so that calls of the step are no errors too.

mod ask;
mod check;
mod expand;
mod facts;
mod generics;
mod lints;
mod method;
mod migrate;
mod model;
mod params;
mod parse;
mod recover;
mod tools;

use crate::diag::Sink;
use crate::nesting::{self, Advice};
use proc_macro2::TokenStream;

pub(crate) fn expand(options: &TokenStream, item: &TokenStream) -> TokenStream {
    if let Err(error) = nesting::check(&parse::head(item), Advice::ITEM) {
        // rustc would stumble over the item as well.
        return error.to_compile_error();
    }
    if let Some(method) = method::expand(item) {
        return method;
    }
    if parse::without_body(item) {
        return item.clone();
    }
    let mut sink = Sink::default();
    let parsed = match syn::parse2::<parse::StepFn>(item.clone()) {
        Ok(parsed) => parsed,
        Err(error) => {
            sink.push(parse::explain(item, error));
            let errors = sink.into_tokens();
            return quote::quote!(#item #errors);
        }
    };
    let step = model::Step::new(options.clone(), parsed, &mut sink);
    let code = if step.broken { recover::expand(&step) } else { expand::expand(&step) };
    let errors = sink.into_tokens();
    quote::quote!(#code #errors)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proc_macro2::{Group, TokenTree};

    const STEP: &str = "/// Doc.
        #[allow(dead_code)]
        pub(crate) async fn triage<T: Clone, const N: usize>(
            post: Post, mut text: Vec<T>, ctx: &mut Moderation, #[ctx] cfg: &Config, db: &Db, run: &RunInfo,
        ) -> Result<Case<T>, Error> where T: Send { body(post) }";
    const OPTIONS: &str = "retries = 3, timeout = \"20s\", backoff = none, fallback = cheap::<T>,
        validate = (A, B::new(1)), strict = false, version = 2";

    /// All streams that are cut short, inside of groups too.
    fn prefixes(tokens: &TokenStream) -> Vec<TokenStream> {
        let trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
        let mut out = Vec::new();
        for (i, tree) in trees.iter().enumerate() {
            let before: TokenStream = trees.iter().take(i).cloned().collect();
            out.push(before.clone());
            if let TokenTree::Group(g) = tree {
                for inner in prefixes(&g.stream()) {
                    let mut cut = before.clone();
                    cut.extend([TokenTree::Group(Group::new(g.delimiter(), inner))]);
                    cut.extend(trees.iter().skip(i + 1).cloned());
                    out.push(cut);
                }
            }
        }
        out
    }

    #[test]
    fn what_is_cut_short_gets_an_answer() {
        let (step, options): (TokenStream, TokenStream) = (STEP.parse().unwrap(), OPTIONS.parse().unwrap());
        for cut in prefixes(&step) {
            assert!(!expand(&options, &cut).to_string().is_empty() || cut.is_empty(), "{cut}");
        }
        for cut in prefixes(&options) {
            assert!(expand(&cut, &step).to_string().contains("fn triage"), "{cut}");
        }
    }

    #[test]
    fn a_token_too_many_gets_an_answer() {
        let (step, options): (TokenStream, TokenStream) = (STEP.parse().unwrap(), OPTIONS.parse().unwrap());
        let trees: Vec<TokenTree> = step.into_iter().collect();
        for stray in ["::", "=>", "7", "\"x\"", "'a", "{}", "(,)", "mut", "self", "<", "&&", "!"] {
            for i in 0..=trees.len() {
                let mut wild: TokenStream = trees.iter().take(i).cloned().collect();
                wild.extend(stray.parse::<TokenStream>().unwrap());
                wild.extend(trees.iter().skip(i).cloned());
                assert!(!expand(&options, &wild).is_empty());
            }
        }
    }

    #[test]
    fn what_it_gives_is_the_same_every_time() {
        let (step, options): (TokenStream, TokenStream) = (STEP.parse().unwrap(), OPTIONS.parse().unwrap());
        assert_eq!(expand(&options, &step).to_string(), expand(&options, &step).to_string());
    }

    #[test]
    fn a_sound_step_has_no_errors() {
        let (step, options): (TokenStream, TokenStream) = (STEP.parse().unwrap(), OPTIONS.parse().unwrap());
        let code = expand(&options, &step).to_string();
        assert!(!code.contains("compile_error"), "{code}");
    }
}
