use super::*;

#[path = "harness/mod.rs"]
mod harness;

#[test]
fn publish_survives_kill_9() {
    harness::Story {
        test: "kills::publish_survives_kill_9",
        name: "publish_survives_kill_9",
        builder: Flujo::builder,
        call: || publish("  teh sea,   teh shore ".to_owned()),
        reply: harness::nobody,
        in_a_row: 3,
    }
    .survives(harness::STORIES);
}

#[test]
fn edition_survives_kill_9() {
    harness::Story {
        test: "kills::edition_survives_kill_9",
        name: "edition_survives_kill_9",
        builder: Flujo::builder,
        call: || edition(["low tide", "high tide"].map(str::to_owned).into()),
        reply: harness::nobody,
        in_a_row: 3,
    }
    .survives(harness::STORIES);
}
