//! The places of boxes and edges. The `layout-rs` crate computes them in layers; what it would paint is caught here.

use super::scene::{Scene, Spot};
use layout::core::base::Orientation;
use layout::core::format::{ClipHandle, RenderBackend};
use layout::core::geometry::Point;
use layout::core::style::StyleAttr;
use layout::std_shapes::shapes::{Arrow, Element, ShapeKind};
use layout::topo::layout::VisualGraph;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// The width of a character of the second line, which is the wider one where there is a run.
const CHARACTER: f64 = 8.0;
const LEAST_WIDTH: f64 = 190.0;
const HEIGHT: f64 = 46.0;
const END_HEIGHT: f64 = 28.0;
const MARGIN: f64 = 16.0;
/// The most layouts that are kept: there are as many as the code has pipelines.
const KEPT: usize = 256;

/// A box, by its corner at the top left.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Place {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// An edge as a curve: its start, and then two control points and an end for each piece.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Curve {
    pub(super) start: (f64, f64),
    pub(super) pieces: Vec<[(f64, f64); 3]>,
    /// True if the edge leads back, against the order of the layers: its arrow is at its start.
    pub(super) is_reversed: bool,
}

/// The places of everything in a scene.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Layout {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) places: Vec<Place>,
    /// In the order of the edges.
    pub(super) curves: Vec<Curve>,
    /// Texts of edges with their middle points.
    pub(super) labels: Vec<(f64, f64, String)>,
}

static LAYOUTS: LazyLock<Mutex<HashMap<Scene, Arc<Layout>>>> = LazyLock::new(Mutex::default);

/// Returns the layout of a scene, computed once.
pub(super) fn cached(scene: &Scene) -> Arc<Layout> {
    let known = |scene| LAYOUTS.lock().unwrap_or_else(PoisonError::into_inner).get(scene).cloned();
    if let Some(layout) = known(scene) {
        return layout;
    }
    let made = Arc::new(compute(scene));
    let mut all = LAYOUTS.lock().unwrap_or_else(PoisonError::into_inner);
    if all.len() >= KEPT {
        all.clear();
    }
    all.insert(scene.clone(), Arc::clone(&made));
    made
}

fn compute(scene: &Scene) -> Layout {
    // The library asserts what it believes of its own state. A page must not fail because it is mistaken once.
    let laid_out = catch_unwind(AssertUnwindSafe(|| layered(scene)));
    let found = laid_out.ok().filter(|found| {
        found.places.len() == scene.spots.len()
            && found.curves.len() == scene.edges.len()
            && found
                .places
                .iter()
                .all(|place| place.width > 0.0 && place.x.is_finite() && place.y.is_finite())
    });
    let mut layout = found.unwrap_or_else(|| column(scene));
    frame(&mut layout);
    layout
}

fn size(spot: &Spot) -> (f64, f64) {
    let characters = u32::try_from(spot.label.chars().count()).unwrap_or(u32::MAX);
    let text = f64::from(characters) * CHARACTER + 28.0;
    if spot.path.is_none() { (text.max(60.0), END_HEIGHT) } else { (text.max(LEAST_WIDTH), HEIGHT) }
}

fn layered(scene: &Scene) -> Layout {
    let down = Orientation::TopToBottom;
    let mut graph = VisualGraph::new(down);
    // Layers are small and were checked by the compiler; the library would check all of them after each edge.
    graph.dag.set_validate(false);
    let mut nodes = Vec::new();
    for (i, spot) in scene.spots.iter().enumerate() {
        let (width, height) = size(spot);
        let (shape, look) = (ShapeKind::new_box(""), StyleAttr::simple());
        let size = Point::new(width, height);
        nodes.push(graph.add_node(Element::create_with_properties(shape, look, down, size, i.to_string())));
    }
    for (i, ((from, to), label)) in scene.edges.iter().enumerate() {
        if let (Some(from), Some(to)) = (nodes.get(*from), nodes.get(*to)) {
            graph.add_edge(Arrow::simple_with_properties(label, i.to_string()), *from, *to);
        }
    }
    let mut caught = Caught {
        layout: Layout {
            places: vec![Place::default(); scene.spots.len()],
            curves: vec![Curve::default(); scene.edges.len()],
            ..Layout::default()
        },
    };
    graph.do_it(false, false, false, &mut caught);
    caught.layout
}

/// Everything in one column, in its order.
fn column(scene: &Scene) -> Layout {
    let mut layout = Layout::default();
    let mut y = 0.0;
    for spot in &scene.spots {
        let (width, height) = size(spot);
        layout.places.push(Place { x: 0.0, y, width, height });
        y += height + 40.0;
    }
    for (from, to) in scene.edges.keys() {
        let place = |i: &usize| layout.places.get(*i).copied().unwrap_or_default();
        let (from, to) = (place(from), place(to));
        let start = (from.x + 40.0, from.y + from.height);
        let end = (to.x + 40.0, to.y);
        layout.curves.push(Curve { start, pieces: vec![[start, end, end]], is_reversed: false });
    }
    layout
}

/// Moves everything so that it begins at the margin, and measures it.
fn frame(layout: &mut Layout) {
    let (mut low, mut high) = ((f64::MAX, f64::MAX), (f64::MIN, f64::MIN));
    let mut reach = |x: f64, y: f64| {
        low = (low.0.min(x), low.1.min(y));
        high = (high.0.max(x), high.1.max(y));
    };
    for place in &layout.places {
        reach(place.x, place.y);
        reach(place.x + place.width, place.y + place.height);
    }
    for curve in &layout.curves {
        reach(curve.start.0, curve.start.1);
        curve.pieces.iter().flatten().for_each(|(x, y)| reach(*x, *y));
    }
    for (x, y, text) in &layout.labels {
        let half = f64::from(u32::try_from(text.chars().count()).unwrap_or(u32::MAX)) * CHARACTER / 2.0;
        reach(x - half, y - 8.0);
        reach(x + half, y + 8.0);
    }
    let (dx, dy) = (MARGIN - low.0, MARGIN - low.1);
    layout.places.iter_mut().for_each(|place| (place.x, place.y) = (place.x + dx, place.y + dy));
    let points = layout
        .curves
        .iter_mut()
        .flat_map(|curve| std::iter::once(&mut curve.start).chain(curve.pieces.iter_mut().flatten()));
    points.for_each(|point| *point = (point.0 + dx, point.1 + dy));
    layout.labels.iter_mut().for_each(|label| (label.0, label.1) = (label.0 + dx, label.1 + dy));
    layout.width = high.0 - low.0 + 2.0 * MARGIN;
    layout.height = high.1 - low.1 + 2.0 * MARGIN;
}

/// What the library paints on.
struct Caught {
    layout: Layout,
}

fn index(properties: Option<String>) -> Option<usize> {
    properties?.parse().ok()
}

impl RenderBackend for Caught {
    fn draw_rect(
        &mut self,
        xy: Point,
        size: Point,
        _look: &StyleAttr,
        properties: Option<String>,
        _clip: Option<ClipHandle>,
    ) {
        if let Some(place) = index(properties).and_then(|i| self.layout.places.get_mut(i)) {
            *place = Place { x: xy.x, y: xy.y, width: size.x, height: size.y };
        }
    }

    fn draw_line(&mut self, _: Point, _: Point, _: &StyleAttr, _: Option<String>) {}

    fn draw_circle(&mut self, _: Point, _: Point, _: &StyleAttr, _: Option<String>) {}

    fn draw_text(&mut self, xy: Point, text: &str, _look: &StyleAttr) {
        if !text.is_empty() {
            self.layout.labels.push((xy.x, xy.y, text.to_owned()));
        }
    }

    fn draw_arrow(
        &mut self,
        path: &[(Point, Point)],
        _dashed: bool,
        head: (bool, bool),
        _look: &StyleAttr,
        properties: Option<String>,
        _text: &str,
    ) {
        let at = |point: &Point| (point.x, point.y);
        let Some(curve) = index(properties).and_then(|i| self.layout.curves.get_mut(i)) else { return };
        let Some(((start, leaving), rest)) = path.split_first() else { return };
        let mut control = at(leaving);
        curve.start = at(start);
        curve.is_reversed = head.0;
        for (entering, end) in rest {
            let (entering, end) = (at(entering), at(end));
            curve.pieces.push([control, entering, end]);
            // A curve leaves a point in the direction in which it came: SVG's `S`.
            control = (2.0 * end.0 - entering.0, 2.0 * end.1 - entering.1);
        }
    }

    fn create_clip(&mut self, _: Point, _: Point, _: usize) -> ClipHandle {
        0
    }
}
