// Steps fit together by their types.
// errors: 1
use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

fn main() {
    let _ = triage(7_u8);
}
