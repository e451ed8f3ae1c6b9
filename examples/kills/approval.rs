use super::*;
use flujo::step::StepCall;

#[path = "harness/mod.rs"]
mod harness;

fn story(test: &'static str, call: fn() -> StepCall<approve>) -> harness::Story<approve, Office> {
    harness::Story {
        test,
        name: test,
        builder: || Flujo::builder().resources(Office::default()),
        call,
        reply: |question| {
            let decision = if question.message.contains("Astrologers") {
                Decision::Refuse { why: "the stars say no".to_owned() }
            } else {
                Decision::Pay
            };
            harness::said(&decision)
        },
        in_a_row: 3,
    }
}

#[test]
fn small_survives_kill_9() {
    story("kills::small_survives_kill_9", || approve(invoice("Stationers", 4_200)))
        .survives(harness::STORIES);
}

#[test]
fn approved_survives_kill_9() {
    story("kills::approved_survives_kill_9", || approve(invoice("Roofers", 250_000)))
        .survives(harness::STORIES);
}

#[test]
fn refused_survives_kill_9() {
    story("kills::refused_survives_kill_9", || approve(invoice("Astrologers", 250_000)))
        .survives(harness::STORIES);
}
