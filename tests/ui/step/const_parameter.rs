// A const parameter is an integer, a `bool` or a `char`.
// errors: 1

use flujo::prelude::*;

#[step]
async fn shorten<const MOST: f64>(text: String) -> Result<String> {
    Ok(text.repeat(MOST as usize))
}

fn main() {}
