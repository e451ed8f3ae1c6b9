// What a gate is made of is plain: what a step gives is bound first.
// errors: 1

use flujo::prelude::*;

struct Shorter(usize);

impl Validator<String> for Shorter {
    fn validate(&self, text: &String) -> ValidationResult {
        if text.len() < self.0 { ValidationResult::valid() } else { ValidationResult::invalid("too long") }
    }
}

#[step]
async fn limit(text: String) -> Result<usize> {
    Ok(text.len())
}

pipeline! {
    fn moderate(text: String) -> String {
        let first = limit(text.clone());
        let text = gate(text, Shorter(first));
        gate(text.clone(), Shorter(limit(text))).named("again")
    }
}

fn main() {}
