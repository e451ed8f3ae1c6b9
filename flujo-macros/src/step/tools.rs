//! Steps that a model may call, and the model steps that let it.

use super::facts::{self, StandIns};
use super::generics::Forms;
use super::model::Step;
use crate::names::{self, inner};
use crate::options::ToolUse;
use crate::pipeline::lint_levels;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Path};

/// What a model step with tools demands: that they can run where it runs.
pub(super) fn bound(step: &Step, generics: &Forms) -> Option<TokenStream> {
    let pr = inner();
    let (name, arguments) = (&step.name, &generics.arguments);
    let talks = !facts::tools(step).is_empty();
    talks.then(|| quote!(#name #arguments: #pr::ToolSet<__AnyContext, __AnyResources> + #pr::WritesIn<__AnyContext>,))
}

/// Its tools, for the driver of the conversation.
pub(super) fn offered(step: &Step) -> Option<TokenStream> {
    let pr = inner();
    let talks = !facts::tools(step).is_empty();
    talks.then(|| {
        quote! {
            fn tool_runner(
                __res: &__AnyResources,
            ) -> #pr::Option<#pr::Box<dyn #pr::ToolRunner + '_>> {
                #pr::Some(#pr::tool_runner(<Self as #pr::ToolSet<__AnyContext, __AnyResources>>::tools, __res))
            }
        }
    })
}

/// The tools of a model step: each is named once as the user wrote it, so that what is wrong with it is told
/// once; everywhere else an alias replaces it.
pub(super) fn set(step: &Step, generics: &Forms) -> TokenStream {
    let pr = inner();
    let listed = facts::tools(step);
    if listed.is_empty() {
        return TokenStream::new();
    }
    let name = &step.name;
    let Forms { bounded, predicates, arguments, .. } = generics;
    let known = StandIns::of(step);
    let types: Vec<_> = known.tools.iter().map(crate::pipeline::Callee::ty).collect();
    let offers = listed.iter().zip(&types).map(|(listed, ty)| {
        // All of the call is located at the tool, so that rustc reports a missing bound there.
        let at = listed.path.span();
        let (local, tool) = (names::local("__tool", at), names::item_at("Tool", at));
        let offered =
            quote_spanned!(at=> { let #local = #tool::<__AnyContext, __AnyResources>::of::<#ty>; #local() });
        asking(listed, ty, offered)
    });
    known.around(quote! {
        #[automatically_derived]
        impl<#bounded __AnyContext: #pr::Context, __AnyResources: #pr::Send + #pr::Sync>
            #pr::ToolSet<__AnyContext, __AnyResources> for #name #arguments
        where
            #(#types: #pr::ToolIn<__AnyContext, __AnyResources>,)*
            #predicates
        {
            fn tools() -> #pr::Vec<#pr::Tool<__AnyContext, __AnyResources>> {
                #pr::vec![#(#offers),*]
            }
        }
    })
}

/// A tool with what is asked before its calls run. Each call is located at the user's word or value.
fn asking(listed: &ToolUse, ty: &TokenStream, mut tool: TokenStream) -> TokenStream {
    let mut apply = |word: &Ident, at: Span, arguments: &TokenStream, of: &TokenStream| {
        let (local, method) = (names::local("__tool", at), names::local(&word.to_string(), at));
        let called = quote_spanned!(at=> #local.#method #of(#arguments));
        tool = quote!({ let #local = #tool; #called });
    };
    // Typed in place, so that a value of another type is reported there, and nothing else is.
    let typed = |value: &Expr, ty: TokenStream| {
        let local = names::local("__value", value.span());
        quote_spanned!(value.span()=> { let #local: #ty = #value; #local })
    };
    if let Some((word, message)) = &listed.ask_first {
        apply(word, message.span(), &typed(message, quote_spanned!(message.span()=> &str)), &quote!());
    }
    if let Some((word, decides)) = &listed.ask_first_if {
        apply(word, decides.span(), &quote!(#decides), &quote!(::<#ty>));
    }
    if let Some((word, nanos, default)) = &listed.timeout {
        let (pr, approval) = (inner(), names::item_at("Approval", default.span()));
        let default = typed(default, approval);
        apply(word, word.span(), &quote!(#pr::Duration::from_nanos(#nanos), #default), &quote!());
    }
    tool
}

/// Refuses tools that no model can call.
pub(super) fn checks(step: &Step) -> TokenStream {
    let pr = names::private();
    let paths: Vec<&Path> = facts::tools(step).iter().map(|tool| &tool.path).collect();
    if paths.is_empty() {
        return TokenStream::new();
    }
    let known = StandIns::of(step);
    let allowed = lint_levels();
    let listed = facts::tools(step);
    let checks = listed.iter().zip(&known.tools).enumerate().map(|(nth, (listed, tool))| {
        let path = &listed.path;
        let function = no_step(path);
        let (at, facts) = (path.span(), tool.facts());
        let check = names::local("__check", at);
        // As a value in the same body: what does not exist is told by its name alone.
        let named = quote_spanned!(at=> let _ = #path;);
        let look = quote_spanned!(at=> #check(&#facts, #function));
        // Steps of one name that are imported under two.
        let apart = names::local("__apart", at);
        let others = paths.iter().zip(&known.tools).take(nth).map(|(before, other)| {
            let (other, same_name) = (other.facts(), same_name(before, path));
            quote_spanned!(at=> #apart(&#facts, &#other, #same_name);)
        });
        let others: TokenStream = others.collect();
        let others = (!others.is_empty()).then(|| quote!(let #apart = __flujo::assert_named_apart; #others));
        let look = known.inside(&quote!(let #check = __flujo::assert_tool; #look; #others));
        let call = quote_spanned!(at=> #check(););
        let asks = listed.timeout.as_ref().filter(|_| !listed.asks()).map(|(word, ..)| {
            let (check, no_question) = (names::local("__check", word.span()), no_question(path));
            let look = known.inside(&quote!(__flujo::assert_asks_first(&#facts, #no_question)));
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
        });
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
