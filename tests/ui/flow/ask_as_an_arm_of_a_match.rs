// A question in an arm of a match is bound in a block.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String, sure: bool) -> String {
        match sure {
            true => triage(text),
            false => ask("what is it?"),
        }
    }
}

fn main() {}
