use super::*;

#[path = "harness/mod.rs"]
mod harness;

#[test]
fn research_survives_kill_9() {
    harness::Story {
        test: "kills::research_survives_kill_9",
        name: "research_survives_kill_9",
        builder: Flujo::builder,
        call: || research("the sea".to_owned()),
        reply: |_| {
            let chosen = ["tides (the sea)", "tide pools (the sea)", "spring tides (the sea)"];
            harness::said(&chosen)
        },
        in_a_row: 3,
    }
    .survives(harness::STORIES);
}
