//! How a context is cloned and recorded.
//!
//! A derive would report a field that cannot be recorded five times, once for each trait and method that it
//! needs. So serde's derives see a generic twin of the struct, whose fields are parameters, and the concrete
//! types come in by method lookup (see `flujo::context::field`); `assert_durable` reports the mistake once.

use super::model::{By, Context, ContextField};
use crate::names::{self, private};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{Attribute, Meta, Token};

/// A generic twin of some of the fields.
pub(super) struct Twin {
    name: Ident,
    pub(super) declaration: TokenStream,
    /// The phantom of the twin for reading.
    kind: TokenStream,
    /// A function that turns the kinds of fields into the kind of the twin.
    kind_fn: TokenStream,
}

impl Twin {
    pub(super) fn new(name: &str, fields: &[&ContextField], attrs: &[TokenStream]) -> Self {
        let pr = private();
        let name = format_ident!("{name}");
        let kind_name = format_ident!("{name}Kind");
        let params: Vec<Option<Ident>> =
            fields.iter().enumerate().map(|(i, f)| (!f.custom).then(|| format_ident!("__T{i}"))).collect();
        let free: Vec<&Ident> = params.iter().flatten().collect();
        let declared = fields.iter().zip(&params).map(|(f, param)| {
            let ContextField { name, ty, serde, .. } = f;
            let ty = param.as_ref().map_or_else(|| quote!(#ty), |p| quote!(#p));
            quote!(#(#serde)* #name: #ty)
        });
        let plain = fields.iter().filter(|f| !f.custom).map(|f| &f.ty);
        let kinds = quote!(#(#pr::Field::<#plain>::NEW.kind()),*);
        let serde_path = format!("{}::serde", names::private_text());
        Self {
            declaration: quote! {
                #[derive(#pr::serde::Serialize, #pr::serde::Deserialize)]
                #[serde(crate = #serde_path)]
                #(#attrs)*
                struct #name<#(#free),*> { #(#declared),* }
            },
            kind: quote!(#kind_name(#kinds)),
            kind_fn: quote! {
                #[allow(
                    non_snake_case,
                    clippy::too_many_arguments,
                    reason = "it is named like its struct, and has an argument for each field"
                )]
                fn #kind_name<#(#free),*>(
                    #(_: #pr::PhantomData<#free>),*
                ) -> #pr::PhantomData<#name<#(#free),*>> {
                    #pr::PhantomData
                }
            },
            name,
        }
    }

    /// The twin of `from`, borrowing what it can.
    pub(super) fn of(&self, fields: &[&ContextField], from: &TokenStream) -> TokenStream {
        let pr = private();
        let name = &self.name;
        let values = fields.iter().map(|f| {
            let ContextField { name, ty, .. } = f;
            if f.custom {
                quote!(#name: #pr::Clone::clone(&#from.#name))
            } else {
                quote!(#name: #pr::Field::<#ty>::NEW.out(&#from.#name))
            }
        });
        quote!(#name { #(#values),* })
    }

    /// The value of a field of the twin, in its own type.
    pub(super) fn back(field: &ContextField, twin: &Ident) -> TokenStream {
        let pr = private();
        let ContextField { name, ty, .. } = field;
        if field.custom { quote!(#twin.#name) } else { quote!(#pr::Field::<#ty>::NEW.back(#twin.#name)) }
    }

    /// An expression of the twin's type, for reading.
    pub(super) fn kind(&self) -> &TokenStream {
        &self.kind
    }

    /// The items next to the declaration.
    pub(super) fn functions(&self) -> &TokenStream {
        &self.kind_fn
    }
}

/// The same value of a field again.
pub(super) fn copy(field: &ContextField, from: &TokenStream) -> TokenStream {
    let pr = private();
    let ContextField { name, ty, .. } = field;
    if field.custom {
        quote!(#pr::Clone::clone(&#from.#name))
    } else {
        quote!(#pr::Field::<#ty>::NEW.copy(&#from.#name))
    }
}

/// `Clone`, unless the user derives it.
pub(super) fn clone(context: &Context) -> TokenStream {
    if context.clone == By::User {
        return TokenStream::new();
    }
    let pr = private();
    let name = &context.item.ident;
    let fields = context.fields.iter().map(|f| {
        let (field, value) = (&f.name, copy(f, &quote!(self)));
        quote!(#field: #value)
    });
    let body = quote! {
        fn clone(&self) -> Self {
            Self { #(#fields),* }
        }
    };
    // At the name, where rustc says that a derive above the attribute made it already.
    names::impl_at(name.span(), &quote!(#pr::Clone), name, &body)
}

/// `Serialize` and `Deserialize`, unless the user derives them.
pub(super) fn serde(context: &Context) -> TokenStream {
    let pr = private();
    let name = &context.item.ident;
    let (ours, theirs) = (context.serialize == By::Us, context.deserialize == By::Us);
    if !ours && !theirs {
        return TokenStream::new();
    }
    let Some(attrs) = container(context) else {
        // Something on the struct names the struct itself, `#[serde(default)]` for instance, or one of the
        // two is derived: then serde sees the struct as it is.
        return TokenStream::new();
    };
    let fields: Vec<&ContextField> = context.fields.iter().collect();
    let twin = Twin::new("__All", &fields, &attrs);
    let (declaration, functions, kind) = (&twin.declaration, twin.functions(), twin.kind());
    let all = twin.of(&fields, &quote!(self));
    let local = format_ident!("__all");
    let back = context.fields.iter().map(|f| {
        let (field, value) = (&f.name, Twin::back(f, &local));
        quote!(#field: #value)
    });
    quote! {
        #declaration
        #functions
        #[automatically_derived]
        impl #pr::serde::Serialize for #name {
            fn serialize<__S: #pr::serde::Serializer>(&self, __to: __S) -> #pr::Result<__S::Ok, __S::Error> {
                #pr::serde::Serialize::serialize(&#all, __to)
            }
        }
        #[automatically_derived]
        impl<'de> #pr::serde::Deserialize<'de> for #name {
            fn deserialize<__D: #pr::serde::Deserializer<'de>>(__from: __D) -> #pr::Result<Self, __D::Error> {
                match #pr::read_as(__from, #kind) {
                    #pr::Ok(#local) => #pr::Ok(Self { #(#back),* }),
                    #pr::Err(__error) => #pr::Err(__error),
                }
            }
        }
    }
}

/// Whether serde derives see the struct itself.
pub(super) fn derives_directly(context: &Context) -> Option<TokenStream> {
    let pr = private();
    let (ours, theirs) = (context.serialize == By::Us, context.deserialize == By::Us);
    if (ours && theirs && container(context).is_some()) || (!ours && !theirs) {
        return None;
    }
    let ours = ours.then(|| quote!(#pr::serde::Serialize,));
    let theirs = theirs.then(|| quote!(#pr::serde::Deserialize,));
    let serde_path = format!("{}::serde", names::private_text());
    let has_path = metas(&context.serde).is_some_and(|all| all.iter().any(|m| m.path().is_ident("crate")));
    let path = (!has_path).then(|| quote!(#[serde(crate = #serde_path)]));
    let attrs =
        if context.item.attrs.iter().any(|a| a.path().is_ident("serde")) { &[][..] } else { &context.serde };
    Some(quote!(#[derive(#ours #theirs)] #path #(#attrs)*))
}

/// The attributes of the struct that its twin takes over, if none of them names the struct's own type.
fn container(context: &Context) -> Option<Vec<TokenStream>> {
    if context.serialize == By::User || context.deserialize == By::User {
        return None;
    }
    let metas = metas(&context.serde)?;
    let concrete = ["default", "from", "into", "try_from", "remote", "bound", "crate", "transparent"];
    if metas.iter().any(|m| concrete.iter().any(|word| m.path().is_ident(word))) {
        return None;
    }
    let mut out: Vec<TokenStream> = metas.iter().map(|m| quote!(#[serde(#m)])).collect();
    if !metas.iter().any(|m| m.path().is_ident("expecting")) {
        // Errors of a reader name the context.
        let text = format!("struct {}", names::text(&context.item.ident));
        out.push(quote!(#[serde(expecting = #text)]));
    }
    Some(out)
}

fn metas(attrs: &[Attribute]) -> Option<Vec<Meta>> {
    let mut out = Vec::new();
    for attr in attrs {
        out.extend(
            attr.parse_args_with(syn::punctuated::Punctuated::<Meta, Token![,]>::parse_terminated).ok()?,
        );
    }
    Some(out)
}
