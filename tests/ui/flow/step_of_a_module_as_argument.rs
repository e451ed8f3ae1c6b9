// A step of another module is bound first, too.
// errors: 1

use flujo::prelude::*;

#[step]
async fn scan(text: String) -> Result<String> {
    Ok(text)
}

mod steps {
    use flujo::prelude::*;

    #[step]
    pub async fn peek(text: String) -> Result<String> {
        Ok(text)
    }
}

fn join_words(one: &str, other: &str) -> String {
    format!("{one} {other}")
}

pipeline! {
    fn moderate(text: String) -> String {
        value(join_words(&steps::peek(text.clone()), &text))
    }
}

fn main() {}
