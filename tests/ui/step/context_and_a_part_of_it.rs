// Who asks for the whole context needs no part of it.
// errors: 1
use flujo::prelude::*;

#[context]
struct State {
    count: u64,
    #[context(part)]
    notes: Vec<String>,
}

#[step]
async fn note(text: String, state: &mut State, notes: &mut Vec<String>) -> Result<()> {
    state.count += 1;
    notes.push(text);
    Ok(())
}

pipeline! {
    fn keep(text: String, ctx: &mut State) -> () {
        note(text)
    }
}

fn main() {}
