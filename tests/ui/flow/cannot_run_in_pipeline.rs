// A `const` block is a plain value.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String, most: u32) -> Result<String> {
    Ok(text.chars().take(most as usize).collect())
}

pipeline! {
    fn moderate(text: String) -> String {
        let most = const { 3 * 40 };
        triage(text, most)
    }
}

fn main() {}
