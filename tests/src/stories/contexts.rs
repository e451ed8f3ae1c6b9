//! Whole contexts.

use crate::world::*;
use flujo::prelude::*;

#[step]
pub async fn retitles(text: String, ctx: &mut State, calls: &Calls, run: &RunInfo) -> Result<String> {
    calls.note(run);
    ctx.title.push_str(&text);
    ctx.total += 1;
    Ok(ctx.title.clone())
}

#[step]
pub async fn compares(
    text: String,
    log: &mut Vec<String>,
    draft: &mut Draft,
    #[ctx] total: &u64,
) -> Result<String> {
    log.push(format!("{text}{total}"));
    draft.text = text;
    Ok(draft.text.clone())
}

pipeline! {
    pub fn whole(text: String, ctx: &mut State, world: &World) -> String {
        let title = retitles(text);
        let seen = compares(title.clone());
        let again = retitles(seen).named("again");
        format!("{again} {}", ctx.total)
    }
}
