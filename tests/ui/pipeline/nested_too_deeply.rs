// What is nested too deeply is refused before it is parsed.
// errors: 1

use flujo::prelude::*;

pipeline! {
    fn moderate(text: String) -> String {
        ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((text))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))
    }
}

fn main() {}
