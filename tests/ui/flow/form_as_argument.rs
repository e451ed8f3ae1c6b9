// A form is bound first, like a call.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(items: Vec<String>) -> String {
        triage(map(items, |item| triage(item).named("each")).concat())
    }
}

fn main() {}
