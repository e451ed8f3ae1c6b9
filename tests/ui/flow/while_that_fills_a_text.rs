// What a loop fills is made by a step.
// errors: 1

use flujo::prelude::*;

#[step]
async fn extend(text: String) -> Result<String> {
    Ok(text)
}

pipeline! {
    fn moderate(text: String) -> usize {
        let mut all = String::new();
        while all.len() < 10 {
            all += &extend(text.clone());
        }
        value(all.len())
    }
}

fn main() {}
