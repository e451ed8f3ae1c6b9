// A gate takes one plugin at a time.
// errors: 1

use flujo::prelude::*;

struct Redact;
struct NoPii;

impl Validator<String> for NoPii {
    fn validate(&self, _: &String) -> ValidationResult {
        ValidationResult::valid()
    }
}

pipeline! {
    fn moderate(text: String) -> String {
        gate(text, NoPii).plugin(Redact, Redact)
    }
}

fn main() {}
