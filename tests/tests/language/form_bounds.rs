//! The worst case of loops, items, routes, gates and timers, exact.

use super::*;
use std::collections::BTreeSet;

const ROUNDS: u32 = 5;

mod limits {
    pub(super) const ROUNDS: u32 = 7;
}

const fn bounds(step_runs: u64, model_calls: u64, questions: u64) -> Bounds {
    Bounds { step_runs: Some(step_runs), model_calls: Some(model_calls), questions: Some(questions) }
}

/// A model step with one extra attempt: one call is at most two runs and two model calls.
const LABEL: Bounds = bounds(2, 2, 0);

/// The same, `n` times.
const fn labels(n: u64) -> Bounds {
    LABEL.times(Some(n))
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Topic {
    Web,
    Papers,
    People,
}

#[step]
async fn review(draft: String) -> Result<Critique> {
    Ok(if draft.is_empty() { Critique::revise("empty") } else { Critique::Accept })
}

#[step]
async fn write(feedback: Option<Feedback>) -> Result<String> {
    Ok(feedback.map_or_else(|| "a".to_owned(), |feedback| feedback.to_string()))
}

#[step(model = "test:none", retries = 1)]
fn relabel(label: Label) -> Prompt<Label> {
    Prompt::ask(label.confidence.to_string())
}

// ---- what a bound may be

pipeline! {
    fn literal(label: Label) -> Label {
        repeat(label, relabel).until(|label| label.confidence > 0.9).max(3)
    }
}

pipeline! {
    fn block(label: Label) -> Label {
        repeat(label, relabel).until(|label| label.confidence > 0.9).max(const { 2 * 2 })
    }
}

pipeline! {
    fn screaming(label: Label) -> Label {
        let label = repeat(label, relabel).until(|label| label.confidence > 0.9).max(ROUNDS);
        repeat(label, |label| relabel(label).named("second"))
            .until(|label| label.confidence > 0.9)
            .max(limits::ROUNDS)
            .or_last()
            .named("twice")
    }
}

pipeline! {
    fn runtime(label: Label, rounds: u32) -> Label {
        repeat(label, relabel).until(|label| label.confidence > 0.9).max(rounds)
    }
}

pipeline! {
    fn computed(label: Label) -> Label {
        repeat(label, relabel).until(|label| label.confidence > 0.9).max(1 + 1)
    }
}

#[test]
fn what_the_compiler_knows_counts_and_nothing_else() {
    assert_eq!(literal::BOUNDS, labels(3));
    assert_eq!(block::BOUNDS, labels(4));
    assert_eq!(screaming::BOUNDS, labels(5 + 7));
    let unknown = Bounds { step_runs: None, model_calls: None, questions: Some(0) };
    assert_eq!(runtime::BOUNDS, unknown);
    assert_eq!(computed::BOUNDS, unknown);
}

// ---- every form

pipeline! {
    fn drafted(topic: String) -> String {
        refine(
            |feedback| write(feedback).retries(2).fallback(write),
            |draft| {
                let ok: bool = ask(format!("{topic}: {draft}?")).named("ok");
                if ok { value(Critique::Accept) } else { review(draft) }
            },
        )
        .max(4)
    }
}

pipeline! {
    fn drafted_forever(topic: String, n: u32) -> String {
        let draft = refine(write, review).max(n);
        value(topic + &draft)
    }
}

pipeline! {
    fn mapped(texts: Vec<String>) -> Vec<Label> {
        map(texts, |text| steps::label(text)).max(10).concurrency(2)
    }
}

pipeline! {
    fn mapped_without_end(texts: Vec<String>) -> usize {
        let labels = map(texts, |text| {
            let sure: bool = ask("sure?");
            let text = value(format!("{text}{sure}"));
            keep(text)
        });
        labels.len()
    }
}

pipeline! {
    fn routed(topics: BTreeSet<Topic>, text: String) -> Vec<String> {
        route(topics, |topic| match topic {
            Topic::Web => flaky(text.clone()),
            Topic::Papers => {
                let label = steps::label(text.clone()).retries(0);
                keep(label.confidence.to_string())
            }
            Topic::People => {
                let said: String = ask("who?");
                value(said)
            }
        })
    }
}

pipeline! {
    fn gated(text: String) -> String {
        wait("1s");
        let text = gate(text, Long);
        wait("2s").named("again");
        gate(text, (Long, Long)).strict(false).named("lenient")
    }
}

struct Long;

impl Validator<String> for Long {
    fn validate(&self, _: &String) -> ValidationResult {
        ValidationResult::valid()
    }
}

#[test]
fn every_form_counts_what_it_may_run() {
    // four rounds: three attempts and the fallback to write, then a question, and a review at worst
    assert_eq!(drafted::BOUNDS, bounds(4 * (3 + 1 + 1), 0, 4));
    assert_eq!(drafted_forever::BOUNDS, Bounds { step_runs: None, ..bounds(0, 0, 0) });
    assert_eq!(mapped::BOUNDS, labels(10));
    // without `.max` nobody knows how many items there are, but no item calls a model
    assert_eq!(mapped_without_end::BOUNDS, Bounds { step_runs: None, model_calls: Some(0), questions: None });
    // at worst every arm is selected
    assert_eq!(routed::BOUNDS, bounds(3 + (1 + 1), 1, 1));
    // validators and timers are no steps
    assert_eq!(gated::BOUNDS, bounds(0, 0, 0));
}

// ---- forms in forms

pipeline! {
    fn questioned(text: String) -> String {
        let text = repeat(text, |text| {
            let more: String = ask("more?");
            value(text + &more)
        })
        .until(|text| text.len() > 3)
        .max(3);
        let all = map(vec![text.clone(), text], |text| {
            let sure: bool = ask("sure?");
            keep(format!("{text}{sure}"))
        })
        .max(2);
        all.concat()
    }
}

pipeline! {
    fn nested(texts: Vec<String>) -> Vec<String> {
        map(texts, |text| {
            repeat(text, |text| {
                let (left, right) = join(
                    { keep(text.clone()) },
                    refine(
                        |feedback| write(feedback),
                        |draft| review(draft),
                    )
                    .max(2),
                );
                literal(Label { confidence: 0.5 }).retries(1);
                value(left + &right)
            })
            .until(String::is_empty)
            .max(3)
        })
        .max(ROUNDS)
    }
}

pipeline! {
    fn overflowing(text: String) -> String {
        repeat(text, |text| {
            repeat(text, |text| repeat(text, keep).until(|_| true).max(u32::MAX))
                .until(|_| true)
                .max(u32::MAX)
        })
        .until(|_| true)
        .max(u32::MAX)
    }
}

#[test]
fn forms_in_forms_multiply() {
    assert_eq!(questioned::BOUNDS, bounds(2, 0, 3 + 2));
    // an item: three rounds of a step, two drafts with two reviews, and two attempts of `literal`
    let round = bounds(1 + 2 * 2, 0, 0).then(labels(3).times(Some(2)));
    assert_eq!(nested::BOUNDS, round.times(Some(3 * 5)));
    assert_eq!(nested::BOUNDS, bounds((5 + 2 * 6) * 15, 2 * 6 * 15, 0));
    // beyond 64 bits a bound is no number
    assert_eq!(overflowing::BOUNDS, Bounds { step_runs: None, ..bounds(0, 0, 0) });
}

const _: () = assert!(nested::BOUNDS.model_calls_at_most(180) && !nested::BOUNDS.model_calls_at_most(179));
const _: () =
    assert!(drafted::BOUNDS.questions_at_most(4) && !mapped_without_end::BOUNDS.questions_at_most(99));
