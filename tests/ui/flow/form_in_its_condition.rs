// The condition of a loop is plain: it runs nothing.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        repeat(text, triage).until(|text| wait("1s")).max(3)
    }
}

fn main() {}
