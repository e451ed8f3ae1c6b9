// A mistake in a context is no mistake of the steps that write it.
// errors: 1
use flujo::prelude::*;

#[context]
struct State {
    #[context(part, merge = apend)]
    notes: Vec<String>,
}

#[step]
async fn note(text: String, notes: &mut Vec<String>) -> Result<()> {
    notes.push(text);
    Ok(())
}

pipeline! {
    fn keep(text: String, ctx: &mut State) -> () {
        note(text)
    }
}

fn main() {}
