// A count that is a literal, a `const` block or a constant keeps the bound known.

use flujo::prelude::*;

const TRIES: u32 = 3;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        let text = triage(text).retries(TRIES);
        let text = triage(text).retries(const { TRIES - 1 }).named("again");
        triage(text).retries(1).named("last")
    }
}

const _: () = moderate::BOUNDS.assert_step_runs_at_most(4 + 3 + 2);

fn main() {}
