//! Flow to code: one flat async body, and one file for each form, of its name (`value` is no code of its own).
//! `rounds` is shared by `repeat` and `refine`, `per_item` by `map` and `route`.
//!
//! Three rules keep what rustc says readable, each found by trying:
//! - All tokens around a call carry the callee's span *and syntax context*. Where two contexts meet in one
//!   expression, rustc goes up to what they share, underlines the whole macro, and says everything twice.
//! - Such tokens are locals or methods. rust-analyzer resolves paths by span: a path would answer when the
//!   user asks for the step.
//! - No `?`: its conversion adds an error of its own to every other.

mod ask;
mod block;
mod bounded;
mod branch;
mod call;
mod chunk;
mod fail;
mod gate;
mod join;
mod map;
mod per_item;
mod refine;
mod repeat;
mod rounds;
mod route;
mod wait;

use super::model::{Body, Call, Flow, Input, NodeIndex, Pipeline, Plain};
use crate::names;
use crate::tokens::braced;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

/// Lowered flow.
pub(crate) struct Code {
    pub tokens: TokenStream,
    /// How many calls lie in it, without those in async blocks of their own.
    pub weight: usize,
    /// A span for what has to be put around it.
    pub at: Span,
}

/// The state of lowering.
pub(crate) struct Lower<'a> {
    pub pipeline: &'a Pipeline,
    /// The span whose hygiene all generated locals have: that of the parameter, also where `macro_rules!` wrote the calls.
    base: Span,
}

impl<'a> Lower<'a> {
    pub(crate) fn new(pipeline: &'a Pipeline) -> Self {
        let header = &pipeline.header;
        let base = header.context.as_ref().map_or(header.ident.span(), |context| context.ident.span());
        Self { pipeline, base }
    }

    /// A local of ours, located where it is used: a borrow error points there.
    pub(crate) fn local(&self, name: &str, at: Span) -> Ident {
        // a context may be called `state` or `value`: its driver has that name
        let taken = self.pipeline.header.context.as_ref().is_some_and(|context| context.ident == name);
        self.prefixed(name, if taken { "_" } else { "" }, at)
    }

    /// A local of one form: those of the forms around it have other names, so that nothing is shadowed.
    fn local_of(&self, node: NodeIndex, name: &str, at: Span) -> Ident {
        self.local(&format!("{name}{node}"), at)
    }

    /// The driver: `__ctx` where the user's context is `ctx`, since messages about borrows name it.
    pub(crate) fn cx(&self, at: Span) -> Ident {
        let context = self.pipeline.header.context.as_ref().map(|context| names::text(&context.ident));
        self.prefixed(context.as_deref().unwrap_or("cx"), "", at)
    }

    fn prefixed(&self, name: &str, suffix: &str, at: Span) -> Ident {
        Ident::new(&format!("{}{name}{suffix}", self.pipeline.prefix), self.base.located_at(at))
    }

    fn id(&self, node: usize) -> &str {
        self.pipeline.nodes.get(node).map_or("", |node| node.id.as_str())
    }

    fn flow(&self, flow: &Flow) -> Code {
        match flow {
            Flow::Value(plain) => self.plain(plain),
            Flow::Call(call) => self.call(call),
            Flow::Pipe(pipe) => self.pipe(pipe),
            Flow::Block(block) => self.block(block),
            Flow::Match(expr) => self.match_(expr),
            Flow::If(expr) => self.if_(expr),
            Flow::Ask(ask) => self.ask(ask),
            Flow::Fail(fail) => self.fail(fail),
            Flow::Join(form) => self.bounded(form.node, &form.word, self.join(form)),
            Flow::Repeat(form) => self.bounded(form.node, &form.word, self.repeat(form)),
            Flow::Refine(form) => self.bounded(form.node, &form.word, self.refine(form)),
            Flow::Map(form) => self.bounded(form.node, &form.word, self.map(form)),
            Flow::Route(form) => self.bounded(form.node, &form.word, self.route(form)),
            Flow::Gate(form) => self.gate(form),
            Flow::Wait(form) => self.wait(form),
            Flow::Broken(broken) => Code { tokens: broken.tokens.clone(), weight: 0, at: self.base },
        }
    }

    fn plain(&self, plain: &Plain) -> Code {
        let tokens = self.reading(plain.reads_context, plain.tokens.clone());
        Code { tokens, weight: 0, at: plain.at }
    }

    /// `code`, with the context readable under its name if it is mentioned. The borrow ends with its last
    /// use, so a step can write the context right after.
    fn reading(&self, mention: Option<Span>, code: TokenStream) -> TokenStream {
        let (Some(at), Some(context)) = (mention, &self.pipeline.header.context) else { return code };
        let (cx, mut name) = (self.cx(at), context.ident.clone());
        name.set_span(self.base.located_at(at));
        let peek = quote_spanned!(at=>
            #[allow(unused_variables, reason = "an inner binding may have the same name")]
            let #name = #cx.peek();
        );
        braced(quote!(#peek #code), at)
    }

    /// `let local: ty = expr;`: a value of another type is reported at the user's expression.
    fn typed(&self, node: NodeIndex, local: &str, ty: &TokenStream, plain: &Plain) -> (Ident, TokenStream) {
        let (at, tokens) = (plain.at, self.plain(plain).tokens);
        let local = self.local_of(node, local, at);
        let bind = quote_spanned!(at=> let #local: #ty =);
        (local, quote!(#bind #tokens;))
    }

    /// The body of a form on the driver that `inner` makes: what it names is borrowed.
    fn inside(
        &self,
        node: NodeIndex,
        body: &Body,
        inner: &TokenStream,
        value: &TokenStream,
        end: bool,
    ) -> Code {
        let bind = match (&body.pat, &body.flow) {
            (Some(pat), _) => {
                let at = pat.span();
                let (begin, eq) = (quote_spanned!(at=> let), quote_spanned!(at=> =));
                quote!(#begin #pat #eq #value;)
            }
            (None, Flow::Call(Call { input: Input::Piped(at), .. })) => {
                let (piped, at) = (self.local("piped", *at), *at);
                quote_spanned!(at=> let #piped = #value;)
            }
            (None, _) => TokenStream::new(),
        };
        self.driven(node, inner, &bind, self.flow(&body.flow), end)
    }

    /// `code` on a driver of its own, which it may have to end: in it, the context is what that driver has.
    fn driven(
        &self,
        node: NodeIndex,
        inner: &TokenStream,
        bind: &TokenStream,
        code: Code,
        end: bool,
    ) -> Code {
        let Code { tokens, weight, at } = code;
        let (driver, cx) = (self.local_of(node, "inner", at), self.cx(at));
        let begin = quote_spanned!(at=>
            let mut #driver = #inner;
            #[allow(clippy::shadow_unrelated, reason = "in a body, the body's driver is the driver")]
            let #cx = &mut #driver;
        );
        let tokens = if end {
            let (value, arms) = (self.local_of(node, "value", at), self.propagate(at));
            let (keep, done) =
                (quote_spanned!(at=> let #value =), quote_spanned!(at=> match #cx.end(#value) #arms));
            quote!(#keep #tokens; #done)
        } else {
            tokens
        };
        Code { tokens: braced(quote!(#begin #bind #tokens), at), weight, at }
    }

    /// The arms of a `match` on a result: the value, or the end of the pipeline.
    fn propagate(&self, at: Span) -> TokenStream {
        let pr = names::private();
        let (value, error) = (self.local("value", at), self.local("error", at));
        let arms = quote!(
            #pr::Ok(#value) => #value,
            #pr::Err(#error) => return #pr::Err(#error),
        );
        braced(arms, at)
    }
}
