// A count that is only known when it runs makes the bound unknown.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String, tries: u32) -> String {
        triage(text).retries(tries)
    }
}

const _: () = moderate::BOUNDS.assert_step_runs_at_most(3);

fn main() {}
