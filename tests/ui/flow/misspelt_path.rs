// A misspelt step in a module is reported once.
// errors: 1

use flujo::prelude::*;

mod steps {
    use flujo::prelude::*;

    #[step]
    pub async fn triage(text: String) -> Result<String> {
        Ok(text)
    }
}

pipeline! {
    fn moderate(text: String) -> String {
        steps::triaje(text)
    }
}

fn main() {}
