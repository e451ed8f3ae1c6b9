//! Steps that a model may call, and the model steps that let it.

use super::facts::{self, StandIns};
use super::generics::Forms;
use super::model::Step;
use crate::names::{self, inner};
use crate::pipeline::{lint_levels, offered};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

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
                #pr::Some(#pr::tool_runner(&<Self as #pr::ToolSet<__AnyContext, __AnyResources>>::tools, __res))
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
    let types: Vec<_> = known.tools.iter().flatten().map(crate::pipeline::Callee::ty).collect();
    let servers: Vec<_> =
        listed.iter().enumerate().map(|(nth, tool)| offered::server_type(nth, tool)).collect();
    let generics = quote!(::<__AnyContext, __AnyResources>);
    let offers = listed.iter().zip(&known.tools).zip(&servers).map(|((listed, callee), server)| {
        if let Some((alias, _)) = server {
            return offered::server(listed, alias, &generics);
        }
        let ty = callee.as_ref().map(crate::pipeline::Callee::ty);
        // All of the call is located at the tool, so that rustc reports a missing bound there.
        let at = listed.path.span();
        let (local, tool) = (names::local("__tool", at), names::item_at("Tool", at));
        let offered = quote_spanned!(at=> { let #local = #tool #generics::of::<#ty>; #local() });
        offered::asking(listed, &quote!(#ty), offered)
    });
    let (aliases, items): (Vec<_>, Vec<_>) = servers.iter().flatten().cloned().unzip();
    let of_servers = (!items.is_empty()).then(|| quote!(#(#items)*));
    let implementation = quote! {
        #of_servers
        #[automatically_derived]
        impl<#bounded __AnyContext: #pr::Context, __AnyResources: #pr::Send + #pr::Sync>
            #pr::ToolSet<__AnyContext, __AnyResources> for #name #arguments
        where
            #(#types: #pr::ToolIn<__AnyContext, __AnyResources>,)*
            #(__AnyResources: #pr::Provides<#aliases>,)*
            #predicates
        {
            fn tools() -> #pr::Vec<#pr::Tool<__AnyContext, __AnyResources>> {
                #pr::vec![#(#offers),*]
            }
        }
    };
    if of_servers.is_none() {
        return known.around(implementation);
    }
    // In a scope of their own: two steps may list the same server.
    let allowed = lint_levels();
    let inside = known.inside(&implementation);
    quote! {
        #allowed
        const _: () = {
            use #pr as __flujo;
            #inside
        };
    }
}

/// Refuses tools that no model can call.
pub(super) fn checks(step: &Step) -> TokenStream {
    let known = StandIns::of(step);
    let listed: Vec<_> = facts::tools(step).iter().zip(&known.tools).collect();
    offered::checks(&listed, |code| known.inside(code))
}
