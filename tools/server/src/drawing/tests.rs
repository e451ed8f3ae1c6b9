use super::svg;
use flujo::engine::Memory;
use flujo::prelude::*;
use std::time::{Duration, Instant};

#[step]
async fn shorten(text: String) -> Result<String> {
    Ok(text)
}
#[step]
async fn check(text: String) -> Result<String> {
    if text == "bad" { Err(StepError::fatal("it is <bad>")) } else { Ok(text) }
}
pipeline! {
    fn inner(text: String) -> String {
        let short = shorten(text);
        check(short)
    }
}
pipeline! {
    fn outer(text: String) -> String {
        let checked = inner(text);
        let yes: bool = ask("Publish?").showing(&checked);
        if yes { shorten(checked) } else { fail("declined") }
    }
}

#[test]
fn a_graph_is_drawn_with_nested_pipelines_branches_and_labels() {
    let drawn = svg(outer::GRAPH, None);
    assert_eq!(drawn, svg(outer::GRAPH, None), "it is the same each time");
    for part in [
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"graph\" role=\"group\"",
        "<title>outer</title>",
        "href=\"#outer/inner/check\"",
        "<title>step check</title>",
        "class=\"node kind-ask plain\"",
        ">text: String</text>",
        "class=\"edge\"",
    ] {
        assert!(drawn.contains(part), "{part} in {drawn}");
    }
    for never in ["style=", "<script", "NaN", "inf"] {
        assert!(!drawn.contains(never), "{never}");
    }
    assert_eq!(drawn.matches("<a ").count(), outer::GRAPH.walk().len());
}

#[tokio::test]
async fn a_run_marks_what_is_done_what_failed_and_what_waits() {
    let flujo = Flujo::builder().engine(Memory::new()).pipeline::<outer>().build().unwrap();
    flujo.run(outer("good".to_owned())).id("waits").await;
    let drawn = svg(outer::GRAPH, Some(&flujo.inspect("waits").await.unwrap()));
    assert_eq!(drawn.matches("kind-ask waiting").count(), 1, "{drawn}");
    assert_eq!(drawn.matches("kind-step done").count(), 2, "{drawn}");
    assert_eq!(drawn.matches("kind-pipeline done").count(), 1);
    assert_eq!(drawn.matches("kind-step idle").count(), 1);
    assert!(drawn.contains("? waiting</text>"), "{drawn}");

    flujo.run(outer("bad".to_owned())).id("fails").await;
    let drawn = svg(outer::GRAPH, Some(&flujo.inspect("fails").await.unwrap()));
    assert_eq!(drawn.matches("kind-step failed").count(), 1, "{drawn}");
    assert!(drawn.contains("step check: failed, ✗ "), "{drawn}");
}

#[test]
fn graphs_of_every_shape_are_laid_out() {
    // Graphs of a generator: chains with jumps ahead and back, loops at one node, and nodes without edges.
    use super::layout::cached;
    use super::scene::{Scene, Spot};
    let mut seed = 7_u64;
    let mut next = move |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below.max(1)
    };
    let began = Instant::now();
    for round in 0..200 {
        let mut scene = Scene { name: format!("g{round}"), ..Scene::default() };
        let nodes = 1 + next(24);
        for i in 0..nodes {
            let path = Some(format!("g/{i}"));
            scene.spots.push(Spot { path, kind: "step", label: format!("n{i}"), is_recorded: true });
        }
        for _ in 0..next(nodes * 2) {
            let label = if next(3) == 0 { "x".repeat(1 + next(30)) } else { String::new() };
            scene.edges.insert((next(nodes), next(nodes)), label);
        }
        let laid = cached(&scene);
        assert_eq!((laid.places.len(), laid.curves.len()), (nodes, scene.edges.len()));
        assert!(laid.width.is_finite() && laid.height.is_finite() && laid.width > 0.0);
    }
    assert!(began.elapsed() < Duration::from_secs(60));
}
