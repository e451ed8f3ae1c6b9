// What depends on `cfg` is the whole `pipeline!`.
// errors: 1

use flujo::prelude::*;

#[step]
async fn triage(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    #[cfg(unix)]
    fn moderate(text: String) -> String {
        triage(text)
    }
}

fn main() {}
