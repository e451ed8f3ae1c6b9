// Two gates need two names, since what they said is recorded.
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
        let text = gate(text, NoPii);
        let text = triage(text);
        gate(text, NoPii)
    }
}

fn main() {}
