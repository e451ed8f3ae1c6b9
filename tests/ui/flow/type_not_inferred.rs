// A generic step whose type does not follow is told its type.
// errors: 1

use flujo::prelude::*;

#[step]
async fn decode<T: Default + Send + 'static>(text: String) -> Result<String> {
    let _ = T::default();
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> String {
        decode(text)
    }
}

fn main() {}
