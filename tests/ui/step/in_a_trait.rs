// A step is a free function, no method of a trait.
// errors: 1

use flujo::prelude::*;

trait Desk {
    #[step]
    async fn triage(&self, text: String) -> Result<bool>;
}

fn main() {}
