//! The tools that a model is offered, as code: the same for the attribute of a step and for a call.

use super::callee::{Callee, lint_levels};
use crate::names::{self, inner};
use crate::options::ToolUse;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Path};

/// A tool with what is asked before its calls run. Each call is located at the user's word or value.
pub(crate) fn asking(listed: &ToolUse, ty: &TokenStream, mut tool: TokenStream) -> TokenStream {
    let mut apply = |word: &Ident, at: Span, bind: TokenStream, arguments: &TokenStream, of: &TokenStream| {
        let (local, method) = (names::local("__tool", at), names::local(&word.to_string(), at));
        let called = quote_spanned!(at=> #local.#method #of(#arguments));
        tool = quote!({ let #local = #tool; #bind #called });
    };
    // Bound with its type, so that a value of another type is reported there, and nothing else is.
    let typed = |value: &Expr, ty: TokenStream| {
        let local = names::local("__value", value.span());
        (quote_spanned!(value.span()=> let #local: #ty = #value;), quote!(#local))
    };
    if let Some((word, message)) = &listed.ask_first {
        let (bind, value) = typed(message, quote_spanned!(message.span()=> &str));
        apply(word, message.span(), bind, &value, &quote!());
    }
    if let Some((word, decides)) = &listed.ask_first_if {
        apply(word, decides.span(), quote!(), &quote!(#decides), &quote!(::<#ty>));
    }
    if let Some((word, nanos, default)) = &listed.timeout {
        let (pr, approval) = (inner(), names::item_at("Approval", default.span()));
        let (bind, default) = typed(default, approval);
        apply(word, word.span(), bind, &quote!(#pr::Duration::from_nanos(#nanos), #default), &quote!());
    }
    tool
}

/// The facts of the tools that ask because the list says so, each with whether the question has a deadline.
pub(crate) fn that_ask<'a>(listed: impl Iterator<Item = (&'a ToolUse, &'a Callee)>) -> Vec<TokenStream> {
    let asking = listed.filter(|(tool, _)| tool.asks() || tool.timeout.is_some());
    let asking = asking.map(|(tool, callee)| (tool.timeout.is_some(), callee.facts()));
    asking.map(|(ends, facts)| quote!((#facts, #ends))).collect()
}

/// Refuses tools that no model can call. `inside` puts code where the callees are known.
pub(crate) fn checks(
    listed: &[(&ToolUse, &Callee)],
    inside: impl Fn(&TokenStream) -> TokenStream,
) -> TokenStream {
    let (pr, allowed) = (names::private(), lint_levels());
    let checks = listed.iter().enumerate().map(|(nth, (tool, callee))| {
        let path = &tool.path;
        let (at, facts, function) = (path.span(), callee.facts(), no_step(path));
        let check = names::local("__check", at);
        // As a value in the same body: what does not exist is told by its name alone.
        let named = quote_spanned!(at=> let _ = #path;);
        let look = quote_spanned!(at=> #check(&#facts, #function));
        let others = named_apart(listed.get(..nth).unwrap_or_default(), tool, callee);
        let look = inside(&quote!(let #check = __flujo::assert_tool; #look; #others));
        let call = quote_spanned!(at=> #check(););
        let asks = asks(tool, callee, &inside);
        quote! {
            #allowed
            const _: () = {
                use #pr as __flujo;
                #named
                #[track_caller]
                const fn #check() { #look }
                #call
            };
            #asks
        }
    });
    checks.collect()
}

/// Steps of one name that are imported under two.
fn named_apart(before: &[(&ToolUse, &Callee)], tool: &ToolUse, callee: &Callee) -> Option<TokenStream> {
    let at = tool.path.span();
    let (apart, facts) = (names::local("__apart", at), callee.facts());
    let others = before.iter().map(|(before, other)| {
        let (other, same_name) = (other.facts(), same_name(&before.path, &tool.path));
        quote_spanned!(at=> #apart(&#facts, &#other, #same_name);)
    });
    let others: TokenStream = others.collect();
    (!others.is_empty()).then(|| quote!(let #apart = __flujo::assert_named_apart; #others))
}

/// A deadline needs a question.
fn asks(
    tool: &ToolUse,
    callee: &Callee,
    inside: impl Fn(&TokenStream) -> TokenStream,
) -> Option<TokenStream> {
    let (pr, allowed) = (names::private(), lint_levels());
    tool.timeout.as_ref().filter(|_| !tool.asks()).map(|(word, ..)| {
        let (check, no_question) = (names::local("__check", word.span()), no_question(&tool.path));
        let facts = callee.facts();
        let look = inside(&quote!(__flujo::assert_asks_first(&#facts, #no_question)));
        let call = quote_spanned!(word.span()=> #check(););
        quote! {
            #allowed
            const _: () = {
                use #pr as __flujo;
                #[track_caller]
                const fn #check() { #look }
                #call
            };
        }
    })
}

fn same_name(before: &Path, path: &Path) -> String {
    let (before, shown) = (names::source(before), names::source(path));
    format!(
        "`{shown}` is a step of the same name as `{before}`, and the model selects tools by name: rename one of the steps"
    )
}

fn no_question(path: &Path) -> String {
    let shown = names::source(path);
    format!(
        "`timeout` of a tool bounds the question before its calls, and `{shown}` asks none: write \
         `{shown}.ask_first(\"May it run?\").timeout(..)`"
    )
}

fn no_step(path: &Path) -> String {
    let shown = names::source(path);
    format!("`{shown}` is not a step, and a tool is one: annotate the function with `#[flujo::step]`")
}
