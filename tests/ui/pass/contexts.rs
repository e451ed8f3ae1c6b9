// A context with parts, merge rules and attributes of serde, and resources.
use flujo::prelude::*;
use std::collections::BTreeSet;

fn longest(base: &String, arms: &[String]) -> Result<String, (usize, String)> {
    Ok(arms.iter().chain([base]).max_by_key(|text| text.len()).cloned().unwrap_or_default())
}

#[context]
#[serde(rename_all = "camelCase")]
#[derive(Debug, Default)]
struct State {
    post_id: u64,
    #[serde(default)]
    title: Option<String>,
    #[context(part)]
    alone: bool,
    #[context(part, merge = append)]
    notes: Vec<String>,
    #[context(part, merge = sum)]
    count: i64,
    #[context(part, merge = max)]
    best: f64,
    #[context(part, merge = union)]
    tags: BTreeSet<String>,
    #[context(part, merge = last)]
    mood: Option<char>,
    #[context(part, merge = self::longest)]
    name: String,
}

// Derives of one's own stand below.
#[context]
#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Own {
    count: u64,
}

#[resources]
struct App {
    db: std::sync::Arc<str>,
    #[cfg(windows)]
    registry: u8,
}

fn main() {
    let _ = (State::default(), Own { count: 1 });
    let _ = App {
        db: "db".into(),
        #[cfg(windows)]
        registry: 1,
    };
}
