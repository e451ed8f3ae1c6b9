use super::*;

#[path = "harness/mod.rs"]
mod harness;

#[test]
fn chat_survives_kill_9() {
    harness::Story {
        test: "kills::chat_survives_kill_9",
        name: "chat_survives_kill_9",
        builder: || {
            let script = Script::new().otherwise(harbour_master);
            Flujo::builder().models(script).role("solution", "script:offline")
        },
        call: || chat("When is high tide?".to_owned()),
        reply: harness::nobody,
        in_a_row: 3,
    }
    .survives(harness::STORIES);
}
