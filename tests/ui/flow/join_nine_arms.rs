// `join` has at most eight arms.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        join(a(text), b(text), c(text), d(text), e(text), f(text), g(text), h(text), triage(text));
        text
    }
}

fn main() {}
