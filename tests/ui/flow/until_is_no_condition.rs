// The condition of a loop says yes or no.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        repeat(text, triage).until(|text| text.len()).max(3)
    }
}

fn main() {}
