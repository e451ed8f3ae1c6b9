// A very long expression is bound piece by piece.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String, size: usize) -> Result<String> {
    Ok(format!("{text}: {size}"))
}

pipeline! {
    fn moderate(text: String) -> String {
        let size = value(
            text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len()
            + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len()
            + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len()
            + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len()
            + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len()
            + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len()
            + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len()
            + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len()
            + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len()
            + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len()
            + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len()
            + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len()
            + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len()
            + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len()
            + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len()
            + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len()
            + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len()
            + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len()
            + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len()
            + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len()
            + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len()
            + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len() + text.len()
        );
        triage(text, size)
    }
}

fn main() {}
