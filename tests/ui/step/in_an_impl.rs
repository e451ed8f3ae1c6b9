// A step is a free function, no function of a type.
// errors: 1

use flujo::prelude::*;

struct Desk {
    limit: usize,
}

impl Desk {
    #[step]
    async fn triage(text: String) -> Result<bool> {
        Ok(text.is_empty())
    }
}

fn main() {}
