// A step that stands alone takes the items as they are.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(numbers: Vec<u32>) -> Vec<String> {
        map(numbers, triage)
    }
}

fn main() {}
