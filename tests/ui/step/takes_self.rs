// A step is a free function, no method.
// errors: 1

use flujo::prelude::*;

struct Desk {
    limit: usize,
}

impl Desk {
    #[step]
    async fn triage(&self, text: String) -> Result<bool> {
        Ok(text.len() < self.limit)
    }
}

fn main() {}
