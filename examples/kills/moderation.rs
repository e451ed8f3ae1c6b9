use super::*;
use flujo::step::StepCall;

#[path = "harness/mod.rs"]
mod harness;

fn story(test: &'static str, call: fn() -> StepCall<moderate>) -> harness::Story<moderate, App> {
    harness::Story {
        test,
        name: test,
        builder: || {
            let reputations = [("ann", 0.5), ("bob", 0.1), ("eve", 0.95)];
            let reputations = reputations.map(|(author, known)| (author.to_owned(), known)).into();
            let app = App { reputations: Reputations(reputations), board: Board::default() };
            let words = WordList::new();
            let builder = Flujo::builder().resources(app).models(words).prices(MadeUpPrices);
            builder.role("review", "wordlist:vader").limits(EACH_POST)
        },
        call,
        reply: |_| harness::said(&pipeline::Tone::Hostile),
        // There is room for one look more within the limit of the label.
        in_a_row: 1,
    }
}

fn post(author: &str, text: &str) -> Post {
    Post { id: 1, author: author.to_owned(), reputation: 0.5, text: text.to_owned() }
}

#[test]
fn what_is_escalated_survives_kill_9() {
    story("kills::what_is_escalated_survives_kill_9", || moderate(post("bob", "look: https://a.example")))
        .survives(harness::STORIES);
}

#[test]
fn a_sure_label_survives_kill_9() {
    story("kills::a_sure_label_survives_kill_9", || moderate(post("ann", "What a wonderful, lovely day!")))
        .survives(harness::STORIES);
}

/// Three looks at a made-up price, then a person.
#[test]
fn an_unsure_label_survives_kill_9() {
    story("kills::an_unsure_label_survives_kill_9", || {
        moderate(post("ann", "I miss the old cinema. It smelled of dust and popcorn and it was perfect."))
    })
    .survives(harness::STORIES);
}
