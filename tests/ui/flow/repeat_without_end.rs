// A loop needs an end and a bound.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        repeat(text, |text| triage(text))
    }
}

fn main() {}
