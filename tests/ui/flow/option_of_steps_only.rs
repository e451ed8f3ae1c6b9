// A pipeline has no attempts of its own to validate.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

struct NoPii;

impl Validator<String> for NoPii {
    fn validate(&self, text: &String) -> ValidationResult {
        let _ = text;
        ValidationResult::valid()
    }
}

pipeline! {
    fn publish(text: String) -> String {
        triage(text)
    }
}

pipeline! {
    fn moderate(text: String) -> String {
        publish(text).validate(NoPii)
    }
}

fn main() {}
