// The output of a step is bound before another step takes it, or handed on by `>>`.

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

#[step]
async fn judge(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        let triaged = triage(text);
        judge(triaged)
    }
}

pipeline! {
    fn moderate_in_one_line(text: String) -> String {
        text >> triage >> judge
    }
}

fn main() {}
