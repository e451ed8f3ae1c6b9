// The role stands in the attribute; a call names the model itself.
// errors: 1
use flujo::prelude::*;

#[step(role = review)]
fn label(text: String) -> Prompt<String> {
    Prompt::ask(text)
}

pipeline! {
    fn labelling(text: String) -> String {
        label(text).role(solution)
    }
}

fn main() {}
