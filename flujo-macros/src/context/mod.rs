//! `#[context]`: the state of a run, its parts, and how parallel branches merge.

mod expand;
mod model;
mod parse;
mod recover;
mod serde_twin;

use crate::diag::Sink;
use crate::item;
use crate::mistake;
use crate::nesting::{self, Advice};
use model::Broken;
use proc_macro2::TokenStream;
use quote::quote;

pub(crate) fn expand(options: &TokenStream, item: &TokenStream) -> TokenStream {
    let mut sink = Sink::default();
    if let Err(error) = nesting::check(item, Advice::ITEM) {
        return error.to_compile_error();
    }
    if !options.is_empty() {
        sink.at(
            options,
            mistake::struct_options,
            "`#[context]` on a struct takes no options\n\
         `part` and `merge` belong to its fields: `#[context(part)]`",
        );
    }
    let shape = item::Shape { attribute: "context", what: "a context", is: "a context is" };
    let parsed = match syn::parse2::<syn::Item>(item.clone()) {
        Ok(parsed) => parsed,
        Err(error) => {
            sink.push(error);
            let errors = sink.into_tokens();
            return quote!(#item #errors);
        }
    };
    let code = if let Some(parsed) = item::named_struct(&parsed, &shape, &mut sink) {
        let context = model::Context::new(parsed, &mut sink);
        match context.broken {
            None => expand::expand(&context),
            Some(Broken::Field) => recover::expand(&context),
            Some(Broken::Endless) => recover::bare(&context),
        }
    } else {
        let stand_in = item::name_without_generics(&parsed).map(|name| recover::stand_in(name, &[]));
        quote!(#item #stand_in)
    };
    let errors = sink.into_tokens();
    quote!(#code #errors)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proc_macro2::TokenTree;

    const CONTEXT: &str = "/// Doc.
        #[derive(Debug, Default)] #[serde(rename_all = \"camelCase\")]
        pub struct State {
            pub id: u64,
            #[context(part, merge = append)] #[serde(rename = \"n\", default)] notes: Vec<String>,
            #[context(part, merge = self::longest)] #[serde(with = \"x\")] name: String,
        }";

    #[test]
    fn stray_and_missing_tokens_get_an_answer() {
        let none = TokenStream::new();
        let whole: TokenStream = CONTEXT.parse().unwrap();
        assert!(!expand(&none, &whole).to_string().contains("compile_error"));
        let trees: Vec<TokenTree> = whole.into_iter().collect();
        for i in 0..trees.len() {
            let cut: TokenStream = trees.iter().take(i).cloned().collect();
            assert!(!expand(&none, &cut).is_empty());
            for stray in ["::", "7", "'a", "{}", "<T>", "fn", "pub", "#"] {
                let mut wild: TokenStream = trees.iter().take(i).cloned().collect();
                wild.extend(stray.parse::<TokenStream>().unwrap());
                wild.extend(trees.iter().skip(i).cloned());
                assert!(!expand(&none, &wild).is_empty());
            }
        }
    }
}
