//! Every form, with every option, in and around each other.

use flujo::prelude::*;
use std::collections::BTreeSet;
use std::time::Duration;

const ROUNDS: u32 = 3;

/// The state.
#[context]
#[derive(Debug, Default)]
pub struct State {
    name: String,
    #[context(part, merge = append)]
    notes: Vec<String>,
    /// How many notes there are.
    #[context(part, merge = sum)]
    pub seen: u64,
}

/// What there is to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum Topic {
    /// The web.
    Web,
    /// Papers.
    Papers,
    /// Nothing.
    Nothing,
}

/// Gives it back.
#[step]
pub async fn keep(text: String) -> Result<String> {
    Ok(text)
}

/// Takes a note.
#[step]
pub async fn note(text: String, notes: &mut Vec<String>, seen: &mut u64) -> Result<String> {
    notes.push(text.clone());
    *seen = seen.saturating_add(1);
    Ok(text)
}

/// Writes.
#[step]
pub async fn write(feedback: Option<Feedback>) -> Result<String> {
    Ok(feedback.map_or_else(String::new, |feedback| feedback.to_string()))
}

/// Reviews.
#[step]
pub async fn review(draft: String) -> Result<Critique> {
    Ok(if draft.is_empty() { Critique::revise("empty") } else { Critique::Accept })
}

/// Long enough.
#[derive(Clone, Copy, Debug)]
pub struct Long;
impl Validator<String> for Long {
    fn validate(&self, value: &String) -> ValidationResult {
        if value.len() > 1 { ValidationResult::valid() } else { ValidationResult::invalid("short") }
    }
}

pipeline! {
    /// Loops.
    pub fn loops(text: String, state: &mut State) -> String {
        let plain = repeat(text, keep).until(|out| out.len() > 1).max(2).or_last();
        let counted = repeat(plain, |seed| {
            let noted = note(seed);
            let kept = match noted.len() {
                0 => fail("nothing"),
                1 if state.seen > 1 => keep(noted).named("kept"),
                _ => noted,
            };
            value(format!("{kept}{}", state.seen))
        })
        .until(|out| out.len() > 3 && state.notes.len() > 1)
        .max(ROUNDS)
        .timeout("20s")
        .limits(UsageLimits::usd("0.10"))
        .named("counted");
        let nested = repeat(counted, |outer| {
            repeat(outer, |inner| note(inner).named("inner")).until(String::is_empty).max(2).named("inside")
        })
        .until(|out| state.name == *out)
        .max(const { 1 + 1 })
        .timeout(Duration::from_secs(5))
        .settle()
        .named("outer");
        let seed = match nested {
            Ok(found) => found,
            Err(failure) => failure.message,
        };
        let first = refine(write, review).max(2).or_last().timeout("2min");
        let other = refine(
            |feedback| {
                let written = write(feedback).named("written");
                value(format!("{written}{seed}"))
            },
            |draft| if draft == seed { value(Critique::Accept) } else { review(draft).named("reviewed") },
        )
        .max(ROUNDS)
        .settle()
        .named("drafts");
        if let Ok(other) = other { value(format!("{first}{other}")) } else { first }
    }
}

pipeline! {
    /// Items.
    pub fn items(texts: Vec<String>, topics: BTreeSet<Topic>, state: &mut State) -> String {
        let notes = map(texts.clone(), note);
        let all = map(texts, |text| {
            let (left, right) = join(
                note(text.clone()).named("left"),
                {
                    let said: String = ask(format!("{text}{}?", state.seen)).timeout("2h", String::new());
                    keep(said)
                },
            )
            .timeout("20s");
            let inner = map(vec![left, right], |side| keep(side).named("side")).named("sides").concurrency(2);
            repeat(inner.concat(), |seed| keep(seed).named("again")).until(|_| true).max(1)
        })
        .concurrency(4)
        .max(ROUNDS)
        .timeout("20s")
        .settle();
        let kept: Vec<String> = all.into_iter().flatten().collect();
        let found = route(topics.clone(), |topic| match topic {
            Topic::Web => note(format!("{notes:?}")).named("web"),
            Topic::Papers => {
                let found = kept.concat();
                found >> keep.named("papers") >> note.named("papers_noted")
            }
            Topic::Nothing => value(state.name.clone()),
        });
        let settled = route(topics, |topic| match topic {
            Topic::Web => keep(String::new()).named("web_again"),
            Topic::Papers => fail("nothing"),
            Topic::Nothing => value(String::new()),
        })
        .timeout(Duration::from_secs(5))
        .limits(UsageLimits::usd("0.10"))
        .settle()
        .named("settled");
        settled.into_iter().flatten().chain(found).collect()
    }
}

pipeline! {
    /// Gates and timers.
    pub fn gates(text: String, wait_for: Duration) -> String {
        wait("2h");
        wait(wait_for).named("longer");
        let long = gate(text, Long);
        let lenient = gate(long, (Long, Long)).strict(false).named("lenient");
        let last = repeat(lenient, |seed| {
            wait("1s").named("between");
            gate(seed, Long).strict(true).named("in_rounds")
        })
        .until(|_| true)
        .max(2);
        gate(last, Long).named("last")
    }
}

pipeline! {
    /// All of them, nested.
    pub fn nested(texts: Vec<String>, state: &mut State) -> Vec<String> {
        map(texts, |text| {
            let looped = loops(text).retries(1);
            let all = items(vec![looped], BTreeSet::from([Topic::Web]));
            gates(all, Duration::from_secs(1))
        })
    }
}
