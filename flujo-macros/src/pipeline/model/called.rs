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

/// The models and tools of a call, in place of those of the step's attribute.
#[derive(Default)]
pub(crate) struct CallTools {
    /// The number of models.
    pub models: Given,
    /// Empty if the call names none.
    pub list: Vec<(ToolUse, Option<Callee>)>,
    pub rounds: Given,
    /// An option that is about tools, where the call names none.
    pub bounded: Option<proc_macro2::Ident>,
}

impl CallTools {
    /// Whether the call says nothing of them.
    pub(crate) fn is_default(&self) -> bool {
        let counts = matches!((&self.rounds, &self.models), (Given::Default, Given::Default));
        self.list.is_empty() && counts
    }
}
