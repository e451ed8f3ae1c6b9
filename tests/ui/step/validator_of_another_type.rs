// A validator knows the step's output.
// errors: 1
use flujo::prelude::*;

struct Even;
impl Validator<u8> for Even {
    fn validate(&self, value: &u8) -> ValidationResult {
        if value % 2 == 0 { ValidationResult::valid() } else { ValidationResult::invalid("odd") }
    }
}

#[step(validate = Even)]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {}
