// The model of a call is named with its provider.
// errors: 1

use flujo::prelude::*;

#[step(model = "test:small", max_tokens = 9)]
fn triage(text: String) -> Prompt<String> {
    Prompt::system("Sort it.").user(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        triage(text).model("large")
    }
}

fn main() {}
