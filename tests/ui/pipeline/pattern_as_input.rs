// An input has a name, because the graph shows it.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate((text, _n): (String, u8)) -> String {
        triage(text)
    }
}

fn main() {}
