//! Counts at a call, as far as constants can know them.

use crate::pipeline::model::{Args, Given};
use syn::ext::IdentExt;
use syn::{Expr, Lit};

/// A count that a constant may use: a literal, a `const` block, or the path of a constant.
pub(super) fn given(args: &Args) -> Given {
    match args.first() {
        Some(arg) if is_const(arg) => Given::Known(arg.clone()),
        _ => Given::Unknown,
    }
}

/// The number of elements of a list that is written out.
pub(super) fn listed(args: &Args) -> Given {
    match args.first() {
        Some(Expr::Array(list)) => {
            let n = u32::try_from(list.elems.len()).unwrap_or(u32::MAX);
            Given::Known(syn::parse_quote!(#n))
        }
        _ => Given::Unknown,
    }
}

pub(super) fn is_const(arg: &Expr) -> bool {
    match arg {
        Expr::Lit(lit) => matches!(lit.lit, Lit::Int(_)),
        Expr::Const(_) => true,
        Expr::Paren(paren) => is_const(&paren.expr),
        Expr::Group(group) => is_const(&group.expr),
        Expr::Path(path) => path.path.segments.last().is_some_and(|last| {
            let last = last.ident.unraw().to_string();
            last.starts_with(char::is_uppercase) && !last.contains(char::is_lowercase) && last.len() > 1
        }),
        _ => false,
    }
}
