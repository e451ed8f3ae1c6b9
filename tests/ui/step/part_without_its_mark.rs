// A part of the context that is read is marked `#[ctx]`, too.
// errors: 1

use flujo::prelude::*;

#[context]
struct Moderation {
    #[context(part)]
    notes: Vec<String>,
    posts: u64,
}

#[step]
async fn count(text: String, notes: &Vec<String>) -> Result<usize> {
    let _ = text;
    Ok(notes.len())
}

pipeline! {
    fn moderate(text: String, ctx: &mut Moderation) -> usize {
        count(text)
    }
}

fn main() {}
