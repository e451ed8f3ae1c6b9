// A validator looks at the output.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

struct Positive;

impl Validator<u8> for Positive {
    fn validate(&self, n: &u8) -> ValidationResult {
        let _ = n;
        ValidationResult::valid()
    }
}

pipeline! {
    fn moderate(text: String) -> String {
        triage(text).validate(Positive)
    }
}

fn main() {}
