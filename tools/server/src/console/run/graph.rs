use super::super::show;
use super::Seen;
use crate::drawing;
use maud::{Markup, PreEscaped, html};

/// The graph with the state of the run; a list of nodes if the code is not here.
pub(super) fn graph(seen: &Seen) -> Markup {
    html! {
        h2 { "Graph" }
        @match seen.graph {
            Some(graph) => {
                @let under_way = seen.summary.as_ref().map(|run| run.under_way.as_slice()).unwrap_or_default();
                @let link = |path: &str| format!("?node={}#node", show::escaped(path));
                div class="scroll" tabindex="0" role="group" aria-label="Drawing of the graph" {
                    // The drawing escapes all its texts.
                    (PreEscaped(drawing::draw(graph, Some(&seen.view), under_way, &link)))
                }
            }
            None => {
                p class="quiet" { "The pipeline is not registered in this process: its graph is not known." }
            }
        }
    }
}
