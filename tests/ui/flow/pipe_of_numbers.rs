// `>>` is flow; a shift of numbers is a plain value.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(bits: u32) -> String {
        let n = bits >> 2;
        triage(n.to_string())
    }
}

fn main() {}
