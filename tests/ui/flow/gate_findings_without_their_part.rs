// A gate keeps its findings in a part of the context.
// errors: 1

use flujo::prelude::*;

struct NoPii;

impl Validator<String> for NoPii {
    fn validate(&self, _: &String) -> ValidationResult {
        ValidationResult::valid()
    }
}

#[context]
struct Moderation {
    post: u64,
}

pipeline! {
    fn moderate(text: String, ctx: &mut Moderation) -> String {
        gate(text, NoPii).keep_findings()
    }
}

fn main() {}
