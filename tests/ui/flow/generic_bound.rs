// A type argument does what the step needs.
// errors: 3

use flujo::prelude::*;

#[step]
async fn decode<T: Default + Send + 'static>(text: String) -> Result<String> {
    let _ = T::default();
    Ok(text)
}

struct Html;

pipeline! {
    fn moderate(text: String) -> String {
        decode::<Html>(text)
    }
}

fn main() {}
