//! The struct behind `#[context]` and `#[resources]`.

use crate::diag::Sink;
use crate::mistake;
use proc_macro2::Ident;
use quote::ToTokens;
use syn::{Fields, Item, ItemStruct};

/// How messages name the attribute.
pub(crate) struct Shape {
    pub(crate) attribute: &'static str,
    /// `a context`
    pub(crate) what: &'static str,
    /// `a context is`
    pub(crate) is: &'static str,
}

/// The item, if it is a struct with named fields and without parameters; else the reason is in the sink.
pub(crate) fn named_struct<'a>(item: &'a Item, shape: &Shape, sink: &mut Sink) -> Option<&'a ItemStruct> {
    let Shape { attribute, what, is } = shape;
    let message = format!("`#[{attribute}]` goes on a struct with named fields");
    let found = match item {
        Item::Struct(found) => found,
        Item::Enum(e) => {
            sink.at(
                e.enum_token,
                mistake::needs_named_fields,
                format!("{message}\nthis enum can be the type of a field"),
            );
            return None;
        }
        Item::Union(u) => {
            sink.at(u.union_token, mistake::needs_named_fields, message);
            return None;
        }
        other => {
            let first = other.to_token_stream().into_iter().next();
            sink.at(first, mistake::needs_named_fields, message);
            return None;
        }
    };
    match &found.fields {
        Fields::Named(_) => {}
        Fields::Unnamed(fields) => {
            sink.at(
                fields,
                mistake::needs_named_fields,
                format!("the fields of {what} have names\nwrite `{{ name: Type }}`"),
            );
            return None;
        }
        Fields::Unit => {
            sink.at(
                &found.ident,
                mistake::needs_named_fields,
                format!(
                    "`#[{attribute}]` goes on a struct with named fields\n\
             write `struct {} {{}}` for a struct without fields",
                    found.ident
                ),
            );
            return None;
        }
    }
    if !found.generics.params.is_empty() {
        sink.at(
            &found.generics,
            mistake::struct_with_parameters,
            format!("{is} one concrete type, without parameters\nwrite the types out"),
        );
        return None;
    }
    Some(found)
}

/// The item's name, if it has no generics, so that impls can be generated for it.
pub(crate) fn name_without_generics(item: &Item) -> Option<&Ident> {
    let (name, generics) = match item {
        Item::Struct(i) => (&i.ident, &i.generics),
        Item::Enum(i) => (&i.ident, &i.generics),
        _ => return None,
    };
    generics.params.is_empty().then_some(name)
}
