//! A parsed pipeline: its header, a tree of flow, and its nodes in source order.

mod called;
mod guard;
mod header;

pub(crate) use called::{CallTools, Given, StandIns};
pub(crate) use guard::Guard;
pub(crate) use header::{ContextParam, Header, ResourcesParam};

use super::callee::{Callee, Callees};
use proc_macro2::{Span, TokenStream, TokenTree};
use std::ops::Range;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Ident, Pat, Path, Token, Type, token};

/// A pipeline.
pub(crate) struct Pipeline {
    pub header: Header,
    /// `None` when it could not be parsed, or when the signature leaves nothing to check it against.
    pub body: Option<Block>,
    /// In source order: what a form or branch encloses follows it immediately.
    pub nodes: Vec<Node>,
    pub callees: Callees,
    /// Calls of clocks and random generators.
    pub impure: Vec<super::impure::Impure>,
    /// Bounds that constants know, and what has to hold of them.
    pub counts: Vec<(Expr, &'static str)>,
    /// Calls in plain expressions that must not be those of steps.
    pub guards: Vec<Guard>,
    /// The prefix of the locals of generated code: no name in the user's code starts with it.
    pub prefix: &'static str,
}

/// Index of a node in [`Pipeline::nodes`].
pub(crate) type NodeIndex = usize;

/// A node of the graph.
pub(crate) struct Node {
    /// A segment of paths, or for branches, joins and failures a label.
    pub id: String,
    pub at: Span,
    pub depth: usize,
    pub what: What,
    /// Options as they were written, for the graph.
    pub options: Vec<(String, String)>,
    /// The limits and the timeout of a form: everything in it shares them.
    pub within: Within,
}

/// What everything in a form may use together, and how long it may take.
#[derive(Default)]
pub(crate) struct Within {
    pub limits: Option<Plain>,
    pub timeout: Option<Plain>,
}

/// What a node is.
pub(crate) enum What {
    /// A step or a pipeline.
    Call { callee: Callee, retries: Given, stand_ins: StandIns, tools: Box<CallTools>, keeps: bool },
    /// `match`, `if`, `let .. else`.
    Branch,
    /// A question.
    Ask { reply: Type },
    /// The end as failed.
    Fail,
    /// Parallel arms: the nodes of each.
    Join { arms: Vec<Range<NodeIndex>> },
    /// A loop with a condition.
    Repeat,
    /// A loop of a generator and a critic.
    Refine,
    /// One body for many items: its nodes, and the form's word.
    Map { body: Range<NodeIndex>, word: Span },
    /// The arms that a set selects: the nodes of each.
    Route { arms: Vec<Range<NodeIndex>> },
    /// Validators on a value; whether its findings are kept in the context.
    Gate { keeps: bool },
    /// A timer.
    Wait,
}

impl What {
    /// Whether its body runs in rounds.
    pub(crate) fn is_loop(&self) -> bool {
        matches!(self, Self::Repeat | Self::Refine)
    }

    /// Whether the id is a segment of paths, and so has to be unique.
    pub(crate) fn in_path(&self) -> bool {
        matches!(
            self,
            Self::Call { .. } | Self::Ask { .. } | Self::Map { .. } | Self::Gate { .. } | Self::Wait
        )
    }
}

/// A number that bounds a form.
pub(crate) struct Count {
    pub plain: Plain,
    /// The expression, where a constant may use it.
    pub known: Option<Expr>,
}

/// Something in flow position.
pub(crate) enum Flow {
    Value(Plain),
    Call(Call),
    Pipe(Pipe),
    Block(Block),
    Match(Match),
    If(If),
    Ask(Ask),
    Fail(Fail),
    Join(Join),
    Repeat(Box<Repeat>),
    Refine(Box<Refine>),
    Map(Box<Map>),
    Route(Box<Route>),
    Gate(Gate),
    Wait(Wait),
    Broken(Broken),
}

impl Flow {
    /// Whether nothing comes after it, by its looks.
    pub(crate) fn ends(&self) -> bool {
        match self {
            Self::Fail(_) | Self::Broken(_) => true,
            Self::Block(block) => block.ends(),
            Self::If(expr) => {
                expr.then.ends() && expr.otherwise.as_ref().is_some_and(|(_, flow)| flow.ends())
            }
            Self::Match(expr) => expr.arms.iter().all(|arm| arm.body.ends()),
            Self::Value(plain) => {
                let text = plain.tokens.to_string();
                self.is_macro() && ENDS.iter().any(|word| text.starts_with(word))
            }
            Self::Call(_)
            | Self::Pipe(_)
            | Self::Ask(_)
            | Self::Join(_)
            | Self::Repeat(_)
            | Self::Refine(_)
            | Self::Map(_)
            | Self::Route(_)
            | Self::Gate(_)
            | Self::Wait(_) => false,
        }
    }

    /// Whether it is the call of a macro: whether that goes on, only rustc knows.
    pub(crate) fn is_macro(&self) -> bool {
        let Self::Value(plain) = self else { return false };
        let mut tokens =
            plain.tokens.clone().into_iter().skip_while(|token| !matches!(token, TokenTree::Punct(_)));
        matches!(tokens.next(), Some(TokenTree::Punct(punct)) if punct.as_char() == '!')
    }
}

/// Macros of the standard library that do not go on.
const ENDS: [&str; 4] = ["panic", "todo", "unimplemented", "unreachable"];

impl Block {
    /// What it ends with.
    pub(crate) fn last(&self) -> Option<&Flow> {
        match (&self.tail, self.lines.last()) {
            (Some(tail), _) => Some(tail),
            (None, Some(Line::Flow { flow, .. })) => Some(flow),
            (None, _) => None,
        }
    }

    /// Whether nothing comes after it, by its looks.
    pub(crate) fn ends(&self) -> bool {
        self.last().is_some_and(Flow::ends)
    }
}

/// A plain expression; it may read the context.
#[derive(Clone)]
pub(crate) struct Plain {
    pub tokens: TokenStream,
    pub at: Span,
    /// Where it mentions the context parameter first.
    pub reads_context: Option<Span>,
}

/// The expression in place of an error, which it holds; it has no type, so that nothing else is reported.
pub(crate) struct Broken {
    pub tokens: TokenStream,
}

/// `step(args).options()`.
pub(crate) struct Call {
    pub node: NodeIndex,
    pub path: Path,
    pub callee: Callee,
    pub input: Input,
    pub options: Vec<CallOption>,
    pub settle: bool,
    /// Where its arguments or options mention the context parameter first.
    pub reads_context: Option<Span>,
}

/// What a step is called with.
pub(crate) enum Input {
    /// `(a, b)`.
    Args(token::Paren, TokenStream),
    /// `x >> step`: the left side, whose span is kept for type errors.
    Piped(Span),
}

/// A method after a step call.
pub(crate) struct CallOption {
    pub dot: Token![.],
    pub tokens: TokenStream,
    /// `.fallback(step)` and `.redirect(step)` name a type: the method that takes it.
    pub stand_in: Option<(&'static str, Path, Callee)>,
}

/// `x >> a >> b`.
pub(crate) struct Pipe {
    pub head: Box<Flow>,
    pub stages: Vec<Call>,
}

/// `{ .. }`.
pub(crate) struct Block {
    pub brace: Span,
    pub lines: Vec<Line>,
    pub tail: Option<Box<Flow>>,
}

/// A statement.
pub(crate) enum Line {
    Let(Box<Let>),
    Flow { flow: Box<Flow>, semi: Option<Token![;]> },
}

/// `let pat = flow else { .. };`
pub(crate) struct Let {
    pub attrs: Vec<Attribute>,
    pub token: Token![let],
    pub pat: Pat,
    pub eq_token: Token![=],
    pub flow: Flow,
    pub otherwise: Option<(NodeIndex, Token![else], Block)>,
    pub semi: Token![;],
}

/// `match scrutinee { .. }`.
pub(crate) struct Match {
    pub node: NodeIndex,
    pub token: Token![match],
    pub scrutinee: TokenStream,
    pub brace: Span,
    pub arms: Vec<Arm>,
    /// Where the scrutinee or a guard mentions the context parameter first.
    pub reads_context: Option<Span>,
}

/// `pat if guard => body`.
pub(crate) struct Arm {
    pub pat: TokenStream,
    pub label: String,
    pub arrow: Token![=>],
    pub body: Flow,
    /// The last token of the body.
    pub end: Span,
}

/// `if cond { .. } else ..`.
pub(crate) struct If {
    pub node: NodeIndex,
    pub token: Token![if],
    pub cond: TokenStream,
    pub label: String,
    pub then: Block,
    /// A block or another `if`.
    pub otherwise: Option<(Token![else], Box<Flow>)>,
    pub reads_context: Option<Span>,
}

/// `let reply: T = ask(message).showing(&v).timeout(d, default)`.
pub(crate) struct Ask {
    pub node: NodeIndex,
    pub word: Ident,
    pub reply: Type,
    pub message: TokenStream,
    pub options: TokenStream,
    pub reads_context: Option<Span>,
}

/// `fail(message)`.
pub(crate) struct Fail {
    pub node: NodeIndex,
    pub word: Ident,
    pub message: Plain,
}

/// `join(a, b, ..)`.
pub(crate) struct Join {
    pub node: NodeIndex,
    pub word: Ident,
    pub arms: Vec<(Span, Flow)>,
    pub settle: bool,
}

/// The closure of a form: `|pat| flow`, or the name of a step.
pub(crate) struct Body {
    /// The pattern that the value is bound to; `None` is the name that a bare step takes its input from.
    pub pat: Option<Pat>,
    pub flow: Flow,
    /// The body, for what has to be put around it.
    pub at: Span,
}

/// `repeat(seed, |x| ..).until(|x| ..).max(n)`.
pub(crate) struct Repeat {
    pub node: NodeIndex,
    pub word: Ident,
    pub seed: Plain,
    pub body: Body,
    pub until: Plain,
    pub max: Count,
    pub or_last: bool,
    pub settle: bool,
}

/// `refine(|feedback| .., |draft| ..).max(n)`.
pub(crate) struct Refine {
    pub node: NodeIndex,
    pub word: Ident,
    pub generator: Body,
    pub critic: Body,
    pub max: Count,
    pub or_last: bool,
    pub settle: bool,
}

/// `map(items, |x| ..)`.
pub(crate) struct Map {
    pub node: NodeIndex,
    pub word: Ident,
    pub items: Plain,
    pub body: Body,
    pub max: Option<Count>,
    pub concurrency: Option<Plain>,
    pub settle: bool,
}

/// `route(set, |r| match r { .. })`.
pub(crate) struct Route {
    pub node: NodeIndex,
    pub word: Ident,
    pub set: Plain,
    pub pat: Pat,
    pub arms: Match,
    pub settle: bool,
}

/// `gate(x, validators)`.
pub(crate) struct Gate {
    pub node: NodeIndex,
    pub word: Ident,
    pub value: Plain,
    pub validators: Plain,
    /// `.plugin(..)`, as methods.
    pub plugins: Vec<Plain>,
    /// The `keep_findings` that was written.
    pub keeps: Option<Span>,
    pub strict: Option<Plain>,
}

/// `wait("2h")`.
pub(crate) struct Wait {
    pub node: NodeIndex,
    pub word: Ident,
    pub duration: Plain,
}

/// Arguments in parentheses.
pub(crate) type Args = Punctuated<Expr, Token![,]>;
