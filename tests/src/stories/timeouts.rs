//! What comes to no end by itself.

use crate::world::*;
use flujo::prelude::*;

/// Comes to no end at first, then at once.
#[step]
pub async fn hangs_once(text: String, calls: &Calls, run: &RunInfo) -> Result<String> {
    calls.note(run);
    if run.attempt() == 1 { std::future::pending().await } else { Ok(text) }
}
/// Comes to no end.
#[step]
pub async fn never(text: String, calls: &Calls, run: &RunInfo) -> Result<String> {
    calls.note(run);
    drop(text);
    std::future::pending().await
}
pipeline! {
    pub fn times_out_inner(text: String, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        hangs_once(text)
    }
}
pipeline! {
    pub fn times_out(text: String, ctx: &mut State, world: &World) -> String {
        let text = times_out_inner(text).timeout("10s").retries(1);
        let (one, two) = join({ let text = add(format!("{text}'")); write(text) }, never(text.clone())).timeout("5s").settle();
        let items = map([1, 2, 3], |n| { let n = count(n); never(n.to_string()).named("item") })
            .timeout("5s").settle().named("items");
        add(format!("{} {} {}", one.unwrap_or_default(), two.is_err(), items.iter().filter(|i| i.is_err()).count()))
            .named("last")
    }
}
