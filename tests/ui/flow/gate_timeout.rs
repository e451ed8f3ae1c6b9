// A gate looks at once; what it stands in may have a timeout.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

struct Anything;
impl Validator<String> for Anything {
    fn validate(&self, _: &String) -> ValidationResult {
        ValidationResult::valid()
    }
}

pipeline! {
    fn moderate(text: String) -> String {
        let text = triage(text);
        gate(text, Anything).timeout("2s")
    }
}

fn main() {}
