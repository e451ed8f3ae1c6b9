// A bound may be a constant, and is looked at all the same.
// errors: 1

use flujo::prelude::*;

const ROUNDS: u32 = 0;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        repeat(text, triage).until(|text| text.is_empty()).max(ROUNDS)
    }
}

fn main() {}
