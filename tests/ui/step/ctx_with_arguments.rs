// `#[ctx]` takes nothing.
// errors: 1
use flujo::prelude::*;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Config {
    loud: bool,
}

#[step]
async fn speak(#[ctx(part)] config: &Config) -> Result<bool> {
    Ok(config.loud)
}

fn main() {}
