// A declared bound is checked by the compiler: here it is 4 runs of steps, not 3.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        triage(text).retries(3)
    }
}

const _: () = moderate::BOUNDS.assert_step_runs_at_most(3);

fn main() {}
