//! Everything in front of a pipeline's body.

use syn::{Attribute, Ident, PatType, Token, Type, Visibility, token};

/// Everything in front of the body.
pub(crate) struct Header {
    /// The user's attributes, docs included, without our own.
    pub attrs: Vec<Attribute>,
    pub doc: String,
    pub vis: Visibility,
    /// The user's `fn`: what is ours is located there.
    pub fn_token: Token![fn],
    pub ident: Ident,
    /// The name that records are kept under.
    pub durable_name: String,
    pub paren: token::Paren,
    pub inputs: Vec<PatType>,
    pub context: Option<ContextParam>,
    pub resources: Option<ResourcesParam>,
    pub output: Type,
}

/// `ctx: &mut C`, or `#[ctx] ctx: &C`.
pub(crate) struct ContextParam {
    pub ident: Ident,
    pub ty: Type,
    pub write: bool,
}

/// `app: &App`.
pub(crate) struct ResourcesParam {
    pub ident: Ident,
    pub ty: Type,
}
