// A step and a module cannot share a name where both are in scope.
// errors: 2

use flujo::prelude::*;

mod triage {
    use flujo::prelude::*;

    #[step]
    pub async fn triage(text: String) -> Result<String> {
        Ok(text)
    }
}
use triage::triage;

pipeline! {
    fn moderate(text: String) -> String {
        triage(text)
    }
}

fn main() {}
