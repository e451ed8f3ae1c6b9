// Flow is bounded: there is no `loop`.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        loop {
            triage(text);
        }
    }
}

fn main() {}
