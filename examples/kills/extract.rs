use super::*;

#[path = "harness/mod.rs"]
mod harness;

#[test]
fn desk_survives_kill_9() {
    harness::Story {
        test: "kills::desk_survives_kill_9",
        name: "desk_survives_kill_9",
        builder: || Flujo::builder().models(Script::new().otherwise(clerk)),
        call: || desk(LETTERS.map(str::to_owned).into(), "script:clerk".to_owned()),
        reply: harness::nobody,
        in_a_row: 3,
    }
    .survives(harness::STORIES);
}
