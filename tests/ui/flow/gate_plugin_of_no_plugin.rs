// A plugin of a gate implements `Plugin` for the value.
// errors: 1

use flujo::prelude::*;

struct Redact;
struct NoPii;

impl Validator<String> for NoPii {
    fn validate(&self, _: &String) -> ValidationResult {
        ValidationResult::valid()
    }
}

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        gate(text, NoPii).plugin(Redact)
    }
}

fn main() {}
