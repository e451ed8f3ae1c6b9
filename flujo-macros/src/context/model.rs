//! A context as the rest of the macro sees it.

use super::parse::{self, Merge};
use crate::diag::Sink;
use crate::mistake;
use crate::types;
use syn::{Attribute, Ident, ItemStruct, Meta, Path, Token, Type};

/// Bits of a mask, less the one of the rest.
const MOST_PARTS: usize = 63;

/// One field.
pub(super) struct ContextField {
    pub(super) name: Ident,
    pub(super) ty: Type,
    /// `#[serde(..)]`, as written.
    pub(super) serde: Vec<Attribute>,
    /// Serde is told how to write it: generated code handles it by its concrete type.
    pub(super) custom: bool,
    /// Its place among the parts, and how it is merged.
    pub(super) part: Option<(u32, Option<Merge>)>,
    /// Whether a step can ask for it: not where another part has the same type, or the type is the context.
    pub(super) reachable: bool,
}

/// Who implements a trait for the context.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// The user's own `#[derive]`.
    User,
    /// We do.
    Us,
}

pub(super) struct Context {
    /// The struct without what only we understand.
    pub(super) item: ItemStruct,
    pub(super) fields: Vec<ContextField>,
    pub(super) clone: By,
    pub(super) serialize: By,
    pub(super) deserialize: By,
    /// `#[serde(..)]` on the struct.
    pub(super) serde: Vec<Attribute>,
    /// Only a replacement can be generated.
    pub(super) broken: Option<Broken>,
}

/// Why a context cannot be expanded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    /// A field was reported.
    Field,
    /// The struct holds itself: rustc says so, and stumbles over everything that is made of it.
    Endless,
}

impl Context {
    pub(super) fn new(parsed: &ItemStruct, sink: &mut Sink) -> Self {
        let mut fields = Vec::new();
        let mut broken = None;
        let mut parts: Vec<(&Ident, &Type)> = Vec::new();
        for field in &parsed.fields {
            let Some(name) = &field.ident else { continue };
            let marks = parse::marks(field, sink);
            if let Err(e) = types::owned(types::plain(&field.ty), "a field of a context") {
                sink.push(e);
                broken = broken.or(Some(Broken::Field));
            }
            let mut reachable = false;
            if let Some(word) = &marks.part {
                if parts.len() == MOST_PARTS {
                    sink.at(
                        word,
                        mistake::too_many_parts,
                        format!(
                            "a context has at most {MOST_PARTS} parts\n\
                     put parts that are written together in one struct"
                        ),
                    );
                    broken = broken.or(Some(Broken::Field));
                }

                let itself = matches!(&field.ty, Type::Path(p) if p.path.is_ident(&parsed.ident));
                if itself {
                    broken = Some(Broken::Endless);
                }
                let other = parts.iter().find(|(_, ty)| **ty == field.ty);
                if let Some((other, _)) = other {
                    let shown = crate::names::source(&field.ty);
                    sink.at(
                        &field.ty,
                        mistake::two_parts_of_one_type,
                        format!(
                            "parts `{other}` and `{name}` both have the type `{shown}`, \
                         and a step finds a part by its type\n\
                         wrap one in a type of its own"
                        ),
                    );
                }
                reachable = other.is_none() && !itself;
                parts.push((name, &field.ty));
            }
            let bit = u32::try_from(parts.len()).unwrap_or(u32::MAX).wrapping_sub(1);
            fields.push(ContextField {
                name: name.clone(),
                ty: field.ty.clone(),
                serde: field.attrs.iter().filter(|a| a.path().is_ident("serde")).cloned().collect(),
                custom: marks.custom,
                part: marks.part.map(|_| (bit, marks.merge)),
                reachable,
            });
        }
        let derived = derives(&parsed.attrs);
        let by = |name: &str| if derived.iter().any(|p| ends_with(p, name)) { By::User } else { By::Us };
        let (clone, serialize, deserialize) = (by("Clone"), by("Serialize"), by("Deserialize"));
        // Another derive may read serde's attributes too.
        let alone = (serialize, deserialize) == (By::Us, By::Us) && by("JsonSchema") == By::Us;
        let mut item = parsed.clone();
        for field in &mut item.fields {
            let ours = |a: &Attribute| a.path().is_ident("context") || (alone && a.path().is_ident("serde"));
            field.attrs.retain(|a| !ours(a));
        }
        if alone {
            item.attrs.retain(|a| !a.path().is_ident("serde"));
        }
        let serde = parsed.attrs.iter().filter(|a| a.path().is_ident("serde")).cloned().collect();
        Self { item, fields, clone, serialize, deserialize, serde, broken }
    }

    /// The parts with their bits.
    pub(super) fn parts(&self) -> impl Iterator<Item = (&ContextField, u32, Option<&Merge>)> {
        self.fields.iter().filter_map(|f| f.part.as_ref().map(|(bit, merge)| (f, *bit, merge.as_ref())))
    }

    /// The fields that are no part.
    pub(super) fn rest(&self) -> Vec<&ContextField> {
        self.fields.iter().filter(|f| f.part.is_none()).collect()
    }
}

fn derives(attrs: &[Attribute]) -> Vec<Path> {
    let mut out = Vec::new();
    for attr in attrs.iter().filter(|a| a.path().is_ident("derive")) {
        if let Meta::List(list) = &attr.meta
            && let Ok(paths) =
                list.parse_args_with(syn::punctuated::Punctuated::<Path, Token![,]>::parse_terminated)
        {
            out.extend(paths);
        }
    }
    out
}

fn ends_with(path: &Path, name: &str) -> bool {
    path.segments.last().is_some_and(|s| s.ident == name)
}
