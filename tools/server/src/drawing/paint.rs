//! The scene as SVG: presentation attributes and classes, no style and no script.

use super::layout::{Curve, Layout, Place};
use super::marks::{Mark, Marks, State};
use super::scene::{Scene, Spot};
use maud::{Markup, html};
use std::fmt::Write as _;

type Link<'l> = &'l dyn Fn(&str) -> String;

pub(super) fn paint(scene: &Scene, layout: &Layout, marks: Option<&Marks>, link: Link<'_>) -> String {
    let (width, height) = (px(layout.width), px(layout.height));
    let drawn = html! {
        svg xmlns="http://www.w3.org/2000/svg" class="graph" role="group" aria-label=(format!("Graph of {}", scene.name))
            viewBox=(format!("0 0 {width} {height}")) width=(width) height=(height)
            font-family="ui-monospace, monospace" font-size="13" fill="none" stroke="currentColor" {
            title { (scene.name) }
            g class="edges" {
                @for ((edge, curve), i) in scene.edges.keys().zip(&layout.curves).zip(0_usize..) {
                    (arrow(curve, is_taken(scene, *edge, marks), i))
                }
            }
            g class="labels" stroke="none" fill="currentColor" text-anchor="middle" font-size="11" {
                @for (x, y, text) in &layout.labels {
                    text x=(px(*x)) y=(px(y + 4.0)) { (text) }
                }
            }
            @for (spot, place) in scene.spots.iter().zip(&layout.places) {
                @let mark = spot.path.as_deref().and_then(|path| marks?.at(path));
                @match &spot.path {
                    Some(path) => {
                        a href=(link(path)) class=(class(spot, mark, marks.is_some())) {
                            (shape(spot, place, mark, marks.is_some()))
                        }
                    }
                    None => {
                        g class=(format!("end {}", spot.kind)) { (end(spot, place)) }
                    }
                }
            }
        }
    };
    drawn.into_string()
}

/// Whole pixels: the same text on every machine.
fn px(n: f64) -> String {
    // `-0` and `0` are one place.
    format!("{:.0}", n.round() + 0.0)
}

fn class(spot: &Spot, mark: Option<&Mark>, has_run: bool) -> String {
    let state = match mark {
        Some(mark) => mark.state.word(),
        None if has_run && spot.is_recorded => "idle",
        None => "plain",
    };
    format!("node kind-{} {state}", spot.kind)
}

fn colour(mark: Option<&Mark>) -> (&'static str, &'static str) {
    match mark.map(|mark| mark.state) {
        Some(State::Done) => ("#1a7f37", "2"),
        Some(State::Failed) => ("#cf222e", "3"),
        Some(State::Waiting) => ("#9a6700", "3"),
        Some(State::Running) => ("#0969da", "3"),
        None => ("currentColor", "1"),
    }
}

fn shape(spot: &Spot, place: &Place, mark: Option<&Mark>, has_run: bool) -> Markup {
    let (stroke, width) = colour(mark);
    let dash = (mark.is_some_and(|mark| mark.state == State::Waiting)).then_some("6 3");
    let opacity = (has_run && mark.is_none() && spot.is_recorded).then_some("0.55");
    let middle = place.x + place.width / 2.0;
    let second = mark.map_or_else(|| spot.kind.to_owned(), Mark::text);
    let said = match mark {
        Some(mark) => format!("{} {}: {}, {}", spot.kind, spot.label, mark.state.word(), mark.text()),
        None if has_run && spot.is_recorded => format!("{} {}: not reached", spot.kind, spot.label),
        None => format!("{} {}", spot.kind, spot.label),
    };
    html! {
        title { (said) }
        path class="box" d=(outline(spot.kind, place)) stroke=(stroke) stroke-width=(width)
            stroke-dasharray=[dash] opacity=[opacity] fill="transparent" {}
        g stroke="none" fill="currentColor" text-anchor="middle" {
            text x=(px(middle)) y=(px(place.y + 19.0)) { (spot.label) }
            text class="second" x=(px(middle)) y=(px(place.y + 36.0)) font-size="11" { (second) }
        }
    }
}

fn end(spot: &Spot, place: &Place) -> Markup {
    let (x, y, width, height) = (px(place.x), px(place.y), px(place.width), px(place.height));
    html! {
        title { (format!("{}: {}", spot.kind, spot.label)) }
        rect class="box" x=(x) y=(y) width=(width) height=(height) rx="14" {}
        text stroke="none" fill="currentColor" text-anchor="middle"
            x=(px(place.x + place.width / 2.0)) y=(px(place.y + 18.0)) { (spot.label) }
    }
}

/// The outline of a kind: a box; with slanted sides for questions, cut corners for branches and gates, and a double
/// side for models.
fn outline(kind: &str, place: &Place) -> String {
    let (x, y) = (place.x, place.y);
    let (right, bottom) = (x + place.width, y + place.height);
    let points: Vec<(f64, f64)> = match kind {
        "ask" => vec![(x + 12.0, y), (right, y), (right - 12.0, bottom), (x, bottom)],
        "branch" | "gate" | "repeat" | "refine" | "route" | "join" | "map" => vec![
            (x + 14.0, y),
            (right - 14.0, y),
            (right, y + place.height / 2.0),
            (right - 14.0, bottom),
            (x + 14.0, bottom),
            (x, y + place.height / 2.0),
        ],
        _ => vec![(x, y), (right, y), (right, bottom), (x, bottom)],
    };
    let mut d = String::new();
    for (i, (x, y)) in points.iter().enumerate() {
        let command = if i == 0 { "M" } else { " L" };
        let _ = write!(d, "{command}{} {}", px(*x), px(*y));
    }
    d.push_str(" Z");
    if kind == "model" {
        for side in [x + 6.0, right - 6.0] {
            let _ = write!(d, " M{} {} V{}", px(side), px(y), px(bottom));
        }
    }
    d
}

/// An edge counts as taken if something is recorded at both of its ends.
fn is_taken(scene: &Scene, (from, to): (usize, usize), marks: Option<&Marks>) -> Option<bool> {
    let marks = marks?;
    let reached = |i: usize| {
        scene.spots.get(i).is_some_and(|spot| match &spot.path {
            Some(path) => !spot.is_recorded || marks.at(path).is_some(),
            None => spot.kind == "input",
        })
    };
    Some(reached(from) && reached(to))
}

fn arrow(curve: &Curve, taken: Option<bool>, i: usize) -> Markup {
    let mut d = format!("M{} {}", px(curve.start.0), px(curve.start.1));
    for piece in &curve.pieces {
        d.push_str(" C");
        for (x, y) in piece {
            let _ = write!(d, "{} {} ", px(*x), px(*y));
        }
    }
    let head = if curve.is_reversed {
        curve.pieces.first().map(|piece| (curve.start, piece[0]))
    } else {
        curve.pieces.last().map(|piece| (piece[2], piece[1]))
    };
    let class = if taken == Some(true) { "edge taken" } else { "edge" };
    html! {
        g class=(class) data-edge=(i) opacity=[(taken == Some(false)).then_some("0.45")] {
            path d=(d.trim_end()) {}
            @if let Some((tip, control)) = head {
                path class="head" stroke="none" fill="currentColor" d=(triangle(tip, control)) {}
            }
        }
    }
}

/// A triangle at `tip`, away from the control point that the curve comes from.
fn triangle(tip: (f64, f64), control: (f64, f64)) -> String {
    let (dx, dy) = (tip.0 - control.0, tip.1 - control.1);
    let length = dx.hypot(dy);
    let (ux, uy) = if length > 0.5 { (dx / length, dy / length) } else { (0.0, 1.0) };
    let (back, side) = ((tip.0 - ux * 9.0, tip.1 - uy * 9.0), (-uy * 4.5, ux * 4.5));
    format!(
        "M{} {} L{} {} L{} {} Z",
        px(tip.0),
        px(tip.1),
        px(back.0 + side.0),
        px(back.1 + side.1),
        px(back.0 - side.0),
        px(back.1 - side.1)
    )
}
