// A settled loop gives a `Result`, which is not its value.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        let text = repeat(text, triage).until(String::is_empty).max(3).settle();
        triage(text).named("again")
    }
}

fn main() {}
