// An output crosses a step boundary, so it can be recorded.
// errors: 1
use flujo::prelude::*;

struct Plan;

#[step]
async fn plan(topic: String) -> Result<Plan> {
    drop(topic);
    Ok(Plan)
}

fn main() {}
