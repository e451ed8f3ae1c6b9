// `&mut` is the context already.
// errors: 1
use flujo::prelude::*;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Config {
    loud: bool,
}

#[step]
async fn speak(#[ctx] config: &mut Config) -> Result<bool> {
    Ok(config.loud)
}

fn main() {}
