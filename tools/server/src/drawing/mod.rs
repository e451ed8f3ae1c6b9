//! The drawing of a pipeline as SVG: laid out here, with the state, time and cost of each node of a run.
//!
//! ```
//! # use flujo::prelude::*;
//! # #[step]
//! # async fn greet(name: String) -> Result<String> { Ok(name) }
//! pipeline! {
//!     fn welcome(name: String) -> String { greet(name) }
//! }
//! let drawn = flujo_server::drawing::svg(&welcome::GRAPH, None);
//! assert!(drawn.starts_with("<svg ") && drawn.contains(">greet</text>"));
//! ```

mod layout;
mod marks;
mod paint;
mod scene;

use flujo::engine::RunView;
use flujo::graph::Graph;
use flujo::path::Path;
use std::time::Duration;

/// Draws a graph as one `<svg>` element, with the state of a run if there is one. The nodes are links to `#` and the
/// path of the node. The same graph and run always give the same text.
pub fn svg(graph: &Graph, overlay: Option<&RunView>) -> String {
    draw(graph, overlay, &[], &|path| format!("#{path}"))
}

/// Draws a graph; `under_way` are the nodes whose bodies run now, `link` gives the address of a node.
pub(crate) fn draw(
    graph: &Graph,
    overlay: Option<&RunView>,
    under_way: &[Path],
    link: &dyn Fn(&str) -> String,
) -> String {
    let scene = scene::Scene::of(graph);
    let marks = overlay.map(|view| marks::Marks::of(graph, view, under_way));
    paint::paint(&scene, &layout::cached(&scene), marks.as_ref(), link)
}

/// Returns a duration in its largest unit: `850µs`, `12ms`, `1.50s`, `2m05s`, `3h02m`, `2d04h`.
pub(crate) fn short_time(time: Duration) -> String {
    match time.as_secs() {
        0 if time.as_millis() == 0 => format!("{}µs", time.as_micros()),
        0 => format!("{}ms", time.as_millis()),
        seconds @ 1..60 => format!("{seconds}.{:02}s", time.subsec_millis() / 10),
        seconds @ 60..3_600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        seconds @ 3_600..86_400 => format!("{}h{:02}m", seconds / 3_600, seconds % 3_600 / 60),
        seconds => format!("{}d{:02}h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

#[cfg(test)]
mod tests;
