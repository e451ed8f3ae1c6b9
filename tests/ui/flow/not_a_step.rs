// In flow position every call runs something.
// errors: 1

use flujo::prelude::*;

fn slug(text: String) -> String {
    text.to_lowercase()
}

pipeline! {
    fn moderate(text: String) -> String {
        slug(text)
    }
}

fn main() {}
