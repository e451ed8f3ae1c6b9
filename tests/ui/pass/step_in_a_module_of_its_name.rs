// A step in a module of its own name is called by its path, or imported under another name.

use flujo::prelude::*;

mod triage {
    use flujo::prelude::*;

    #[step]
    pub async fn triage(text: String) -> Result<String> {
        Ok(text)
    }
}
use triage::triage as triage_step;

pipeline! {
    fn moderate(text: String) -> String {
        let text = triage::triage(text);
        triage_step(text)
    }
}

fn main() {}
