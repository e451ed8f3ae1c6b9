//! `#[resources]`: services that live as long as the application, found by their types.

use crate::diag::Sink;
use crate::item;
use crate::mistake;
use crate::names::{self, private};
use crate::nesting::{self, Advice};
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::Type;
use syn::spanned::Spanned;

pub(crate) fn expand(options: &TokenStream, item: &TokenStream) -> TokenStream {
    let mut sink = Sink::default();
    if let Err(error) = nesting::check(item, Advice::ITEM) {
        return error.to_compile_error();
    }
    if !options.is_empty() {
        sink.at(options, mistake::struct_options, "`#[resources]` takes no options\nremove the parentheses");
    }
    let impls = match syn::parse2::<syn::Item>(item.clone()) {
        Ok(parsed) => {
            let shape = item::Shape { attribute: "resources", what: "resources", is: "resources are" };
            item::named_struct(&parsed, &shape, &mut sink).map(|found| provides(found, &mut sink))
        }
        Err(error) => {
            sink.push(error);
            None
        }
    };
    let errors = sink.into_tokens();
    // The struct stays as it is: nothing is derived for services.
    quote!(#item #impls #errors)
}

fn provides(found: &syn::ItemStruct, sink: &mut Sink) -> TokenStream {
    let pr = private();
    let name = &found.ident;
    let mut seen: Vec<(&Ident, &Type)> = Vec::new();
    let mut impls = TokenStream::new();
    for field in &found.fields {
        let (Some(field_name), ty) = (&field.ident, &field.ty) else { continue };
        if let Some((other, _)) = seen.iter().find(|(_, seen)| *seen == ty) {
            let shown = names::source(ty);
            sink.at(
                ty,
                mistake::two_resources_of_one_type,
                format!(
                    "resources `{other}` and `{field_name}` both have the type `{shown}`, \
                 and a step finds a service by its type\n\
                 wrap one in a type of its own"
                ),
            );
            continue;
        }
        seen.push((field_name, ty));
        let conditions = field.attrs.iter().filter(|a| a.path().is_ident("cfg"));
        let body = quote! {
            fn provide(&self) -> &#ty {
                &self.#field_name
            }
        };
        let provides = names::impl_at(ty.span(), &quote!(#pr::Provides<#ty>), name, &body);
        impls.extend(quote!(#(#conditions)* #provides));
    }
    impls
}
