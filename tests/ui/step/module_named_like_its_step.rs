// A module and a step in it cannot meet under one name.
// errors: 1
mod triage {
    use flujo::prelude::*;

    #[step]
    pub async fn triage(text: String) -> Result<String> {
        Ok(text)
    }
}

use triage::triage;

fn main() {
    let _ = triage(String::new());
}
