// A step of another module is public.
// errors: 1

use flujo::prelude::*;

mod steps {
    use flujo::prelude::*;

    #[step]
    async fn triage(text: String) -> Result<String> {
        Ok(text)
    }
}

pipeline! {
    fn moderate(text: String) -> String {
        steps::triage(text)
    }
}

fn main() {}
