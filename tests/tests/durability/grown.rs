//! A pipeline whose list grows: `fixtures/version2.db` holds runs of it, written when every record had the whole list.
//! It stays as it is.

use flujo::prelude::*;

#[context]
#[derive(Debug, Default, PartialEq)]
pub struct Grown {
    pub title: String,
    #[context(part, merge = append)]
    pub log: Vec<String>,
}

#[step]
pub async fn adds(text: String, log: &mut Vec<String>) -> Result<String> {
    log.push(text.clone());
    Ok(text)
}

pipeline! {
    pub fn grown(text: String, ctx: &mut Grown) -> String {
        let one = adds(format!("{text} 1")).named("one");
        let two = adds(format!("{text} 2")).named("two");
        let (left, right) = join(adds(format!("{text} left")).named("left"), adds(format!("{text} right")).named("right"));
        let three = adds(format!("{text} 3")).named("three");
        let reply: String = ask("go on?");
        let last = adds(format!("{reply} 4")).named("four");
        value(format!("{one}, {two}, {left}, {right}, {three}, {last}: {}", ctx.log.len()))
    }
}
