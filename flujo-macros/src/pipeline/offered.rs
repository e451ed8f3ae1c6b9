//! The tools that a model is offered, as code: the same for the attribute of a step and for a call.

use super::callee::{Callee, Callees, lint_levels};
use crate::diag;
use crate::mistake;
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
        if listed.server.is_some() {
            let served = Ident::new("ask_first_if_served", word.span());
            apply(&served, decides.span(), quote!(), &quote!(#decides), &quote!());
        } else {
            let of = quote_spanned!(decides.span()=> ::<#ty>);
            apply(word, decides.span(), quote!(), &quote!(#decides), &of);
        }
    }
    let server = listed.server.iter();
    for (word, list) in server.clone().filter_map(|server| server.only.as_ref()) {
        apply(word, list.span(), quote!(), &quote!(#list), &quote!());
    }
    for (word, n) in server.filter_map(|server| server.retries.as_ref()) {
        apply(word, n.span(), quote!(), &quote!(#n), &quote!());
    }
    if let Some((word, nanos, default)) = &listed.timeout {
        let (pr, approval) = (inner(), names::item_at("Approval", default.span()));
        let (bind, default) = typed(default, approval);
        apply(word, word.span(), bind, &quote!(#pr::Duration::from_nanos(#nanos), #default), &quote!());
    }
    tool
}

/// An entry of a list, with the step that it names; a server names none.
type Listed<'a> = (&'a ToolUse, &'a Option<Callee>);

impl ToolUse {
    /// The step that it names.
    pub(crate) fn callee(&self, callees: &mut Callees) -> Option<Callee> {
        self.server.is_none().then(|| callees.of(&self.path))
    }

    /// The facts of the tools of a server: which they are is known at run time.
    fn server_facts(&self) -> TokenStream {
        let ty = names::source(&self.path);
        quote!(&__flujo::Facts {
            name: #ty,
            resources: &[#ty],
            bounds: __flujo::Bounds::STEP,
            ..__flujo::Facts::NONE
        })
    }
}

fn facts((tool, callee): Listed<'_>) -> TokenStream {
    callee.as_ref().map_or_else(|| tool.server_facts(), Callee::facts)
}

/// The facts of tools.
pub(crate) fn facts_of(listed: &[Listed<'_>]) -> Vec<TokenStream> {
    listed.iter().copied().map(facts).collect()
}

/// The facts of the tools that ask because the list says so, each with whether the question has a deadline.
pub(crate) fn that_ask(listed: &[Listed<'_>]) -> Vec<TokenStream> {
    let asking = listed.iter().copied().filter(|(tool, _)| tool.asks() || tool.timeout.is_some());
    let asking = asking.map(|listed| (listed.0.timeout.is_some(), facts(listed)));
    asking.map(|(ends, facts)| quote!((#facts, #ends))).collect()
}

/// The type of a server under a name of our own, so that one that does not exist is reported once.
pub(crate) fn server_type(nth: usize, tool: &ToolUse) -> Option<(Ident, TokenStream)> {
    tool.server.as_ref()?;
    let (path, at) = (&tool.path, tool.path.span());
    let alias = Ident::new(&format!("__Server{nth}"), at);
    let item = quote_spanned!(at=> type #alias = #path;);
    Some((alias, item))
}

/// The entry of a server.
pub(crate) fn server(tool: &ToolUse, alias: &Ident, generics: &TokenStream) -> TokenStream {
    let at = tool.path.span();
    let (local, ty) = (names::local("__tool", at), names::item_at("Tool", at));
    let offered = quote_spanned!(at=> { let #local = #ty #generics::served::<#alias>; #local() });
    asking(tool, &quote!(#alias), offered)
}

/// Refuses tools that no model can call. `inside` puts code where the callees are known.
pub(crate) fn checks(listed: &[Listed<'_>], inside: impl Fn(&TokenStream) -> TokenStream) -> TokenStream {
    let (pr, allowed) = (names::private(), lint_levels());
    let servers =
        listed.iter().filter(|(tool, _)| tool.server.is_some()).filter_map(|(tool, _)| no_question_of(tool));
    let servers: TokenStream = servers.collect();
    let steps = listed.iter().filter_map(|(tool, callee)| Some((*tool, callee.as_ref()?)));
    let listed: Vec<(&ToolUse, &Callee)> = steps.collect();
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
    let checks: TokenStream = checks.collect();
    quote!(#servers #checks)
}

/// A deadline of a server's questions, where it asks none: known without its tools.
fn no_question_of(tool: &ToolUse) -> Option<TokenStream> {
    let (word, ..) = tool.timeout.as_ref().filter(|_| !tool.asks())?;
    let shown = format!("mcp({})", names::source(&tool.path));
    Some(
        diag::error(word.span(), mistake::tool_timeout_without_question, no_question(&shown))
            .to_compile_error(),
    )
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
        let no_question = no_question(&names::source(&tool.path));
        let no_question = mistake::tool_timeout_without_question.named(no_question);
        let check = names::local("__check", word.span());
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
    mistake::two_tools_of_one_name.named(format!(
        "`{shown}` is a step of the same name as `{before}`, and the model selects tools by name: rename one of the steps"
    ))
}

fn no_question(shown: &str) -> String {
    format!(
        "`timeout` of a tool bounds the question before its calls, and `{shown}` asks none: write \
         `{shown}.ask_first(\"May it run?\").timeout(..)`"
    )
}

fn no_step(path: &Path) -> String {
    let shown = names::source(path);
    mistake::not_a_step.named(format!(
        "`{shown}` is not a step, and a tool is one: annotate the function with `#[flujo::step]`"
    ))
}
