// A pipeline has a body.
// errors: 1

use flujo::prelude::*;

pipeline! {
    fn moderate(text: String) -> String;
}

fn main() {}
