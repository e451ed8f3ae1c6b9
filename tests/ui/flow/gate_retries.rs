// A gate looks at a fixed value, so there is nothing to try again.
// errors: 1

use flujo::prelude::*;

struct NoPii;

impl Validator<String> for NoPii {
    fn validate(&self, text: &String) -> ValidationResult {
        let _ = text;
        ValidationResult::valid()
    }
}

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        let text = triage(text);
        gate(text, NoPii).retries(2)
    }
}

fn main() {}
