use super::*;

#[path = "harness/mod.rs"]
mod harness;

#[test]
fn survey_survives_kill_9() {
    harness::Story {
        test: "kills::survey_survives_kill_9",
        name: "survey_survives_kill_9",
        builder: Flujo::builder,
        call: || {
            let lines = ["On the shore", "a gull cries: mine!", "and the sea says nothing"];
            survey(lines.map(str::to_owned).into())
        },
        reply: harness::nobody,
        in_a_row: 3,
    }
    .survives(harness::STORIES);
}
