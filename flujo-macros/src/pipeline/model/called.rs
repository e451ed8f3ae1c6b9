//! Options of a call that the graph, the bounds or the code need apart from the rest.

use super::super::callee::Callee;
use crate::options::ToolUse;
use syn::Expr;

/// The steps that a call names as its fallback and redirect.
#[derive(Default)]
pub(crate) struct StandIns {
    pub fallback: Option<Callee>,
    pub redirect: Option<Callee>,
}

/// A count at a call: extra attempts, or rounds of tool calls.
#[derive(Default)]
pub(crate) enum Given {
    /// As the step's attribute says.
    #[default]
    Default,
    /// An expression that a constant may use.
    Known(Expr),
    /// Only known when it runs.
    Unknown,
}

/// The tools of a call, in place of those of the step's attribute.
#[derive(Default)]
pub(crate) struct CallTools {
    /// Empty if the call names none.
    pub list: Vec<(ToolUse, Callee)>,
    pub rounds: Given,
    /// The word `tool_rounds`, if the call bounds tools that it does not name.
    pub bounded: Option<proc_macro2::Ident>,
}

impl CallTools {
    /// Whether the call says nothing of tools.
    pub(crate) fn is_default(&self) -> bool {
        self.list.is_empty() && matches!(self.rounds, Given::Default)
    }
}
