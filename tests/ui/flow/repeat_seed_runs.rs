// A loop starts with a value: a call is bound first.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        let text = triage(text);
        repeat(triage(text).named("first"), |text| triage(text).named("again")).until(|text| text.is_empty()).max(3)
    }
}

fn main() {}
