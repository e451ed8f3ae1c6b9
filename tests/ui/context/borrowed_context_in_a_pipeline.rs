// A context that cannot be recorded is reported once.
// errors: 1
use flujo::prelude::*;

#[context]
struct State {
    name: &'static str,
    #[context(part)]
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
