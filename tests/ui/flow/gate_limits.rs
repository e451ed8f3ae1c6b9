// A gate uses nothing that could be limited.
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
        gate(text, Anything).limits(UsageLimits::usd("0.10"))
    }
}

fn main() {}
