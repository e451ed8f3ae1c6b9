//! A sound context as code.

use super::model::{Context, ContextField};
use super::parse::Merge;
use super::serde_twin::{self, Twin};
use crate::names::{self, private};
use crate::types;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::spanned::Spanned;

pub(super) fn expand(context: &Context) -> TokenStream {
    let pr = private();
    let item = &context.item;
    let derives = serde_twin::derives_directly(context);
    let proofs = context.fields.iter().filter(|f| !f.custom || f.part.is_some()).map(|f| {
        let ty = &f.ty;
        quote!(const _: () = #pr::assert_durable::<#ty>();)
    });
    let clone = serde_twin::clone(context);
    let serde = serde_twin::serde(context);
    let contains = contains(context);
    let implementation = implementation(context);
    quote! {
        #derives
        #item
        const _: () = {
            #[allow(unused_imports, reason = "it is used where a field is a mistake")]
            use #pr::{NoField as _, NoList as _, NoRule as _};
            #(#proofs)*
            #clone
            #serde
            #contains
            #implementation
        };
    }
}

/// A step may ask for each part by its type.
pub(super) fn contains(context: &Context) -> TokenStream {
    let pr = private();
    let name = &context.item.ident;
    let impls = context.parts().filter(|(f, ..)| f.reachable).map(|(f, bit, _)| {
        let ContextField { name: field, ty, .. } = f;
        let body = quote! {
            const BIT: #pr::Option<u32> = #pr::Some(#bit);
            fn part(&self) -> &#ty {
                &self.#field
            }
            fn part_mut(&mut self) -> &mut #ty {
                &mut self.#field
            }
        };
        names::impl_at(ty.span(), &quote!(#pr::Contains<#ty>), name, &body)
    });
    quote!(#(#impls)*)
}

fn implementation(context: &Context) -> TokenStream {
    let pr = private();
    let name = &context.item.ident;
    let parts = context.parts().map(|(f, _, merge)| {
        let text = names::text(&f.name);
        let merge = match merge {
            None => quote!(#pr::None),
            Some(Merge::Word(word)) => {
                let word = word.to_string();
                quote!(#pr::Some(#word))
            }
            Some(Merge::Path(path)) => {
                let path = names::source(path);
                quote!(#pr::Some(#path))
            }
        };
        quote!(#pr::Part { name: #text, merge: #merge })
    });
    let has_rest = !context.rest().is_empty();
    let (merge, recorded, list) = (merge(context), save_and_restore(context), list(context));
    quote! {
        #[automatically_derived]
        impl #pr::Context for #name {
            const PARTS: &'static [#pr::Part] = &[#(#parts),*];
            const HAS_REST: bool = #has_rest;
            type Itself = Self;
            #merge
            #recorded
            #list
        }
    }
}

/// Parts that look like lists, so that other contexts have no code for it. One that does not, behind an alias for
/// instance, is recorded as all of them are; only that all of it is decoded again.
fn list(context: &Context) -> TokenStream {
    let pr = private();
    let is_append = |merge: Option<&Merge>| matches!(merge, Some(Merge::Word(word)) if word == "append");
    let is_named = |ty| types::last(types::plain(ty)).is_some_and(|name| name == "Vec" || name == "History");
    let mut lists = TokenStream::new();
    for (f, bit, merge) in context.parts() {
        let ContextField { name, ty, .. } = f;
        if is_append(merge) || is_named(ty) {
            lists.extend(quote!(#bit => #pr::Field::<#ty>::NEW.list(&mut self.#name),));
        }
    }
    if lists.is_empty() {
        return lists;
    }
    quote! {
        fn list(&mut self, __part: u32) -> #pr::Option<&mut dyn #pr::List> {
            match __part {
                #lists
                _ => #pr::Option::None,
            }
        }
    }
}

/// First all parts are put together, then all are assigned: a conflict leaves the context as it was.
fn merge(context: &Context) -> TokenStream {
    let pr = private();
    let (mut compute, mut assign) = (TokenStream::new(), TokenStream::new());
    for (f, bit, rule) in context.parts() {
        let ContextField { name, ty, .. } = f;
        let text = names::text(name);
        let merged = match rule {
            None => quote!(only((#bit, #text), __arms, |__c: &Self| &__c.#name)),
            // A method of the rule's name: a rule that does not know the part's type is reported there.
            Some(Merge::Word(word)) => {
                quote!(#word((#bit, #text), &self.#name, __arms, |__c: &Self| &__c.#name))
            }
            // What is no rule is reported at the argument, with a label at the method: both at the path.
            Some(Merge::Path(path)) => {
                let merge = Ident::new("merge", path.span());
                quote!(#merge((#bit, #text), &self.#name, __arms, |__c: &Self| &__c.#name, #path))
            }
        };
        let local = part_local(bit);
        compute.extend(quote! {
            let #local = match #pr::Field::<#ty>::NEW.#merged {
                #pr::Ok(__value) => __value,
                #pr::Err(__conflict) => return #pr::Err(__conflict),
            };
        });
        assign.extend(quote!(if let #pr::Some(__value) = #local { self.#name = __value; }));
    }
    let rest = context.rest();
    if !rest.is_empty() {
        compute.extend(quote! {
            let __rest = match #pr::rest_writer(__arms) {
                #pr::Ok(__writer) => __writer,
                #pr::Err(__conflict) => return #pr::Err(__conflict),
            };
        });
        let fields = rest.iter().map(|f| {
            let (name, value) = (&f.name, serde_twin::copy(f, &quote!(__writer)));
            quote!(self.#name = #value;)
        });
        assign.extend(quote!(if let #pr::Some(__writer) = __rest { #(#fields)* }));
    }
    quote! {
        #[allow(unused_qualifications, reason = "`self::` tells a rule of the user's from one of flujo's")]
        fn merge(&mut self, __arms: &[#pr::ArmState<Self>]) -> #pr::Result<(), #pr::MergeConflict> {
            #compute
            #assign
            #pr::Ok(())
        }
    }
}

fn part_local(bit: u32) -> Ident {
    format_ident!("__part{bit}")
}

/// One part is encoded by itself; the fields that are no part together, as one object.
fn save_and_restore(context: &Context) -> TokenStream {
    let pr = private();
    let rest = context.rest();
    let twin = (!rest.is_empty()).then(|| Twin::new("__Rest", &rest, &[]));
    let (declaration, functions) = twin
        .as_ref()
        .map_or_else(|| (quote!(), quote!()), |t| (t.declaration.clone(), t.functions().clone()));
    let saved = context.parts().map(|(f, bit, _)| {
        let ContextField { name, ty, .. } = f;
        quote!(#bit => #pr::Field::<#ty>::NEW.save(&self.#name),)
    });
    let restored = context.parts().map(|(f, bit, _)| {
        let ContextField { name, ty, .. } = f;
        quote!(#bit => match #pr::Field::<#ty>::NEW.load(__json) {
            #pr::Ok(__value) => self.#name = __value,
            #pr::Err(__error) => return #pr::Err(__error),
        },)
    });
    let local = format_ident!("__rest");
    let save_rest = twin.as_ref().map(|t| {
        let value = t.of(&rest, &quote!(self));
        quote!(#pr::REST => #pr::Json::encode(&#value),)
    });
    let load_rest = twin.as_ref().map(|t| {
        let kind = t.kind();
        let assign = rest.iter().map(|f| {
            let (name, value) = (&f.name, Twin::back(f, &local));
            quote!(self.#name = #value;)
        });
        quote!(#pr::REST => match #pr::decode_as(__json, #kind) {
            #pr::Ok(#local) => { #(#assign)* }
            #pr::Err(__error) => return #pr::Err(__error),
        },)
    });
    quote! {
        fn save(&self, __part: u32) -> #pr::Result<#pr::Json, #pr::CodecError> {
            #declaration
            match __part {
                #(#saved)*
                #save_rest
                _ => #pr::Ok(#pr::Json::null()),
            }
        }
        fn restore(&mut self, __part: u32, __json: &#pr::Json) -> #pr::Result<(), #pr::CodecError> {
            #declaration
            #functions
            match __part {
                #(#restored)*
                #load_rest
                _ => {}
            }
            #pr::Ok(())
        }
    }
}
