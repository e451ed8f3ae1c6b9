//! The facts of a step, as constants and associated types.

use super::generics::Forms;
use super::lints;
use super::migrate;
use super::model::{Kind, Step};
use super::params::Param;
use crate::names::{self, inner};
use crate::options::ToolUse;
use crate::pipeline::offered;
use crate::pipeline::{Callee, Callees, around, ends};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Token;
use syn::spanned::Spanned;

/// What is known without a context, and without the bounds of type parameters.
pub(super) fn facts(step: &Step, generics: &Forms) -> TokenStream {
    let name = &step.name;
    let Forms { bare, arguments, .. } = generics;
    let stand_ins = StandIns::of(step);
    let (text, output, schema) = (names::text(name), names::source(&step.output), schema(step));
    let (file, line) = (names::file(name.span()), names::line(name.span()));
    let inputs = step.inputs().map(|(name, ty)| {
        let (name, ty) = (names::text(name), ty.map(names::source).unwrap_or_default());
        quote!((#name, #ty))
    });
    let texts = quote!((#text, &[#(#inputs),*], #output, (#file, #line), #schema));
    let fields = fields(step, &stand_ins, &schema);
    let facts = if fields.is_empty() {
        quote!(const TEXTS: __flujo::StepTexts = #texts;)
    } else {
        quote!(const FACTS: __flujo::Facts = __flujo::Facts { #fields ..__flujo::Facts::step(#texts) };)
    };
    let ends = ends(
        stand_ins
            .fallback
            .iter()
            .chain(&stand_ins.redirect)
            .chain(stand_ins.tools.iter().flatten())
            .map(Callee::ty),
    );
    stand_ins.around(quote!(impl #bare __flujo::StepInfo for #name #arguments { #facts #ends }))
}

/// What is as in most steps is left out: rustc checks each field of each step anew.
fn fields(step: &Step, stand_ins: &StandIns, schema: &TokenStream) -> TokenStream {
    let pr = inner();
    let Step { options, doc, .. } = step;
    let mut fields = TokenStream::new();
    let mut field = |name: &str, value: TokenStream| {
        let name = Ident::new(name, Span::call_site());
        fields.extend(quote!(#name: #value,));
    };
    if let Kind::Model { .. } = step.kind {
        field("kind", quote!(#pr::NodeKind::Model));
        field("answer", schema.clone());
    }
    if let Some(version) = options.version {
        field("version", quote!(#version));
        let migrates_from = migrate::from(step);
        field("migrates_from", quote!(#migrates_from));
    }
    let lists = [("reads", step.reads()), ("writes", step.writes()), ("resources", step.resources())];
    for (name, types) in lists {
        if !types.is_empty() {
            let types = types.into_iter().map(names::source);
            field(name, quote!(&[#(#types),*]));
        }
    }
    if step.params.iter().any(|param| matches!(param, Param::Run)) {
        field("run", quote!(true));
    }
    if let Some(message) = options.ask_first.as_ref().filter(|_| !step.broken) {
        // Typed here, so that a value of another type is reported there.
        let local = names::local("__MESSAGE", message.span());
        let typed = quote_spanned!(message.span()=> { const #local: &str = #message; #local });
        field("ask_first", quote!(#pr::Some(#typed)));
    }
    if !options.shown.is_empty() {
        let shown = options.shown.iter().map(|(word, value)| quote!((#word, #value)));
        field("options", quote!(&[#(#shown),*]));
    }
    if !doc.is_empty() {
        field("doc", quote!(#doc));
    }
    if options.retries.is_some() || matches!(step.kind, Kind::Model { .. }) {
        let retries = retries(step);
        // Typed here and nowhere else, so that a constant of another type is one error.
        field("retries", quote!({ const __RETRIES: u32 = #retries; __RETRIES as u64 }));
    }
    if let Some(fallback) = stand_ins.fallback.as_ref().map(Callee::facts) {
        field("fallback", quote!(#fallback.call()));
        field("falls_back_to", quote!(#pr::Some(#fallback)));
    }
    if let Some(redirect) = stand_ins.redirect.as_ref().map(Callee::facts) {
        field("redirect", quote!(#redirect.bounds));
        field("redirects_to", quote!(#pr::Some(#redirect)));
    }
    if let Kind::Model { .. } = step.kind {
        let listed: Vec<_> = tools(step).iter().zip(&stand_ins.tools).collect();
        let tools = offered::facts_of(&listed);
        let tools = quote!(&[#(#tools),*]);
        let models = step.options.models.len().max(1);
        let models = Literal::u32_unsuffixed(u32::try_from(models).unwrap_or(u32::MAX));
        if step.options.models.len() > 1 || step.options.tool_rounds.is_some() {
            let rounds = tool_rounds(step);
            field(
                "asking",
                quote!(#pr::Asking { models: #models, tool_rounds: { const __ROUNDS: u32 = #rounds; __ROUNDS } }),
            );
        }
        if stand_ins.tools.is_empty() {
            let bounds = match step.options.models.len() {
                0 | 1 => quote!(#pr::Bounds::MODEL),
                _ => quote!(#pr::Bounds::asking(#pr::Some(#models), #pr::None, &[])),
            };
            field("bounds", bounds);
        } else {
            let rounds = tool_rounds(step);
            let rounds = quote!({ const __ROUNDS: u32 = #rounds; __ROUNDS });
            let bounds = quote!(#pr::Bounds::asking(#pr::Some(#models), #pr::Some(#rounds), #tools));
            field("bounds", bounds);
            field("tools", tools);
            let asking = offered::that_ask(&listed);
            if !asking.is_empty() {
                field("tools_that_ask", quote!(&[#(#asking),*]));
            }
        }
    }
    fields
}

/// The fallback and redirect of the attribute, as constants may name them: one that is no
/// step, or does not exist, is reported where it is called, and not here again.
pub(super) struct StandIns {
    fallback: Option<Callee>,
    redirect: Option<Callee>,
    /// Its tools, named in the same way. A server is a type, and has no other name.
    pub(super) tools: Vec<Option<Callee>>,
    callees: Callees,
}

impl StandIns {
    pub(super) fn of(step: &Step) -> Self {
        let mut callees = Callees::default();
        let mut named =
            |path: &Option<syn::Path>| path.as_ref().filter(|_| !step.broken).map(|path| callees.of(path));
        let (fallback, redirect) = (named(&step.options.fallback), named(&step.options.redirect));
        let tools = tools(step).iter().map(|tool| tool.callee(&mut callees)).collect();
        Self { fallback, redirect, tools, callees }
    }

    /// The types of its fallback and redirect.
    pub(super) fn types(&self) -> Vec<TokenStream> {
        self.fallback.iter().chain(&self.redirect).map(Callee::ty).collect()
    }

    /// An item that names them, where their names are known.
    pub(super) fn around(&self, item: TokenStream) -> TokenStream {
        if self.fallback.is_none() && self.redirect.is_none() && self.tools.is_empty() {
            return item;
        }
        around(&self.inside(&item))
    }

    /// The same as a block, within a body.
    pub(super) fn inside(&self, code: &TokenStream) -> TokenStream {
        let (stand_ins, imports) = (self.callees.stand_ins(), self.callees.imports());
        quote!(#stand_ins { #imports #code })
    }
}

/// The names of the fallback and redirect of a sound step, as paths have them.
pub(super) fn names_of_stand_ins(step: &Step) -> Vec<String> {
    let paths = step.options.fallback.iter().chain(&step.options.redirect).filter(|_| !step.broken);
    let last = |path: &syn::Path| path.segments.last().map(|last| names::text(&last.ident));
    paths.map(|path| last(path).unwrap_or_default()).collect()
}

/// The tools of a sound model step.
pub(super) fn tools(step: &Step) -> &[ToolUse] {
    let talks = !step.broken && matches!(step.kind, Kind::Model { .. });
    if talks { &step.options.tools } else { &[] }
}

fn tool_rounds(step: &Step) -> TokenStream {
    let pr = inner();
    let rounds = step.options.tool_rounds.as_ref();
    rounds.map_or_else(|| quote!(#pr::ModelPolicy::TOOL_ROUNDS), |rounds| quote!(#rounds))
}

/// The schema of the output, if its type has one. The answer of a model step without is reported where it asks.
fn schema(step: &Step) -> TokenStream {
    let pr = inner();
    if step.broken {
        return quote!(#pr::None);
    }
    let output = &step.output;
    quote!(#pr::Answer::<#output>::SCHEMA)
}

/// Model steps try again by themselves: an answer that does not fit is ordinary.
fn retries(step: &Step) -> TokenStream {
    match (&step.options.retries, step.kind) {
        (Some(n), _) => quote!(#n),
        (None, Kind::Code { .. }) => quote!(0),
        (None, Kind::Model { .. }) => quote!(2),
    }
}

fn option(value: Option<TokenStream>) -> TokenStream {
    let pr = inner();
    value.map_or_else(|| quote!(#pr::None), |v| quote!(#pr::Some(#v)))
}

/// `Step` and what says which values go in and out. Each type has one associated type of its own,
/// so that rustc reports a missing `Durable` there, once.
pub(super) fn implementation(step: &Step, generics: &Forms) -> TokenStream {
    let pr = inner();
    let Step { name, output, .. } = step;
    let Forms { bounded, predicates, arguments, .. } = generics;
    let predicates = lints::bounds(predicates.as_ref());
    let inputs: Vec<TokenStream> =
        if step.broken { Vec::new() } else { step.input_types().into_iter().map(|t| quote!(#t)).collect() };
    let takes = inputs.iter().enumerate().map(|(i, ty)| {
        let (of, value) = (Literal::usize_unsuffixed(i), at_type("Value", ty));
        quote!(impl<#bounded> #pr::Takes<#of> for #name #arguments #predicates { #value })
    });
    // Not the types again: one that is more private than the step would be reported here as well.
    let places = (0..inputs.len()).map(Literal::usize_unsuffixed);
    let returned = at_type("Output", output);
    let model_leaf = matches!(step.kind, Kind::Model { .. }).then(|| {
        quote! {
            impl<#bounded> #pr::ModelLeaf for #name #arguments #predicates {}
        }
    });
    let policy = policy(step);
    let reviewed = super::expand::reviewed(step);
    let kind = if step.broken {
        "BrokenKind"
    } else if step.writes().is_empty() && step.reads().is_empty() {
        "StepKind"
    } else {
        "ContextStep"
    };
    let kind = Ident::new(kind, Span::call_site());
    let migrated = migrate::migrated(step);
    quote! {
        #(#takes)*
        impl<#bounded> #pr::Step for #name #arguments #predicates {
            type Input = (#(<Self as #pr::Takes<#places>>::Value,)*);
            #returned
            type Kind = #pr::#kind;
            #policy
            #reviewed
            #migrated
        }
        impl<#bounded> #pr::Leaf for #name #arguments #predicates {}
        #model_leaf
    }
}

/// The defaults that the attribute sets, where there are any but retries.
fn policy(step: &Step) -> Option<TokenStream> {
    let pr = inner();
    let options = &step.options;
    let plain = options.timeout.is_none()
        && options.backoff.is_none()
        && options.limits.is_none()
        && options.cached.is_none()
        && !matches!(step.kind, Kind::Model { .. });
    if plain {
        return None;
    }
    let timeout = option(options.timeout.map(|nanos| quote!(#pr::Duration::from_nanos(#nanos))));
    let backoff = option(options.backoff.map(crate::options::Backoff::tokens));
    // Typed in place, so that a value of another type is reported there.
    let limits = option(options.limits.as_ref().map(|limits| {
        let local = names::local("__limits", limits.span());
        let ty = names::item_at("UsageLimits", limits.span());
        quote_spanned!(limits.span()=> { let #local: #ty = #limits; #local })
    }));
    let cached = option(options.cached.map(crate::options::Cached::tokens));
    let model = option(matches!(step.kind, Kind::Model { .. }).then(|| model(step)));
    Some(quote! {
        const POLICY: #pr::Policy = #pr::Policy {
            retries: <Self as #pr::StepInfo>::FACTS.retries as u32,
            timeout: #timeout,
            backoff: #backoff,
            limits: #limits,
            cached: #cached,
            model: #model,
        };
    })
}

fn model(step: &Step) -> TokenStream {
    let pr = inner();
    let o = &step.options;
    // A name that is a mistake was reported; the step is a model step all the same.
    let name = if let Some(role) = &o.role {
        let role = names::text(role);
        quote!(#pr::ModelName::Role(#role))
    } else if !o.models.is_empty() {
        let models = &o.models;
        quote!(#pr::ModelName::Several(&[#(#models),*]))
    } else {
        let model = o.model.as_ref().map_or_else(String::new, syn::LitStr::value);
        quote!(#pr::ModelName::Model(#model))
    };
    let temperature = option(o.temperature.map(|n| quote!(#n)));
    let max_tokens = option(o.max_tokens.as_ref().map(|n| quote!(#n)));
    let top_p = option(o.top_p.map(|n| quote!(#n)));
    let rounds = option((!tools(step).is_empty()).then(|| tool_rounds(step)));
    let of_calls = &o.of_calls;
    let options = option((!of_calls.is_empty()).then(|| quote!(|| #pr::CallOptions::new() #(#of_calls)*)));
    quote! {
        #pr::ModelPolicy {
            name: #name,
            temperature: #temperature,
            max_tokens: #max_tokens,
            top_p: #top_p,
            tool_rounds: #rounds,
            options: #options,
        }
    }
}

/// `type Name = Type;`, located at the type: rustc points at the whole of it when the type is more
/// private than the step.
fn at_type(name: &str, ty: impl ToTokens + Spanned) -> TokenStream {
    let name = Ident::new(name, Span::call_site());
    let (start, end) = (Token![type](ty.span()), Token![;](ty.span()));
    quote!(#start #name = #ty #end)
}
