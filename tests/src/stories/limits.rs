//! Limits of single nodes.

use crate::world::*;
use flujo::UsageLimits;
use flujo::prelude::*;

/// A limit of a step, for all its calls, unless a call says otherwise.
#[step(model = "test:small", max_tokens = 50, retries = 1, backoff = none, limits = UsageLimits::NONE.model_calls(1))]
pub fn once(text: String) -> Prompt<Label> {
    Prompt::ask(text)
}

pipeline! {
    pub fn below(text: String, world: &World) -> String {
        let one = label(text);
        let two = label(one.name).named("two");
        let three = label(two.name).named("three");
        three.name
    }
}
pipeline! {
    /// To be killed: one limit that always refuses, and many that never do.
    pub fn limited(text: String, ctx: &mut State, world: &World) -> String {
        let refused = label(text.clone()).limits(UsageLimits::NONE.model_calls(0)).fallback(once).settle();
        let (a, b) = join(
            { let l = label(text.clone()).named("a"); add(l.name) },
            { let notes = map(["1", "2"], |c| { let l = label(c.to_owned()).named("b"); l.name }).limits(PLENTY); notes.concat() },
        ).limits(PLENTY);
        let text = repeat(format!("{a}{b}{}", refused.is_err()), |text| write(text)).until(|_| false).max(2).or_last()
            .limits(PLENTY);
        below(text).limits(PLENTY)
    }
}
const PLENTY: UsageLimits = UsageLimits::usd("1").model_calls(99);
