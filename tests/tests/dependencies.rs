//! What a user of the library compiles who asks for no feature: the core gains nothing by what stands behind one.
#![allow(missing_docs, reason = "a test binary has no readers of its docs")]

use std::collections::BTreeSet;
use std::error::Error;
use std::process::Command;

/// The names of crates in the tree of `flujo` with these features, down to this depth.
fn tree(features: &[&str], depth: &str) -> Result<BTreeSet<String>, Box<dyn Error>> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["tree", "--locked", "--offline", "-e", "normal", "-p", "flujo", "--prefix", "none"]);
    cargo.args(["--format", "{p}", "--depth", depth, "--manifest-path"]);
    cargo.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"));
    if !features.is_empty() {
        cargo.args(["--features", &features.join(",")]);
    }
    let output = cargo.output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let text = String::from_utf8(output.stdout)?;
    Ok(text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect())
}

#[test]
fn the_core_has_these_dependencies_and_no_other() -> Result<(), Box<dyn Error>> {
    let direct = tree(&[], "1")?;
    let expected = [
        "async-trait",
        "flujo",
        "flujo-macros",
        "futures-core",
        "futures-util",
        "itoa",
        "pin-project-lite",
        "schemars",
        "secrecy",
        "serde",
        "serde_json",
        "sha2",
        "tokio",
        "tracing",
        "xxhash-rust",
    ];
    assert_eq!(direct, expected.map(str::to_owned).into());
    Ok(())
}

#[test]
fn what_stands_behind_a_feature_is_not_in_the_core() -> Result<(), Box<dyn Error>> {
    let core = tree(&[], "99")?;
    for (feature, brings) in FEATURES {
        let with = tree(&[feature], "99")?;
        for name in *brings {
            assert!(with.contains(*name), "`{feature}` does not bring `{name}`");
            assert!(!core.contains(*name), "the core has `{name}`");
        }
        assert!(with.is_superset(&core), "`{feature}` takes something away");
    }
    // Settings alone bring no HTTP.
    let settings = tree(&["settings"], "99")?;
    assert!(!["reqwest", "hyper", "rustls", "genai"].iter().any(|name| settings.contains(*name)));
    Ok(())
}

const FEATURES: &[(&str, &[&str])] = &[
    ("settings", &["dotenvy", "toml"]),
    ("models", &["genai", "genai-prices", "reqwest", "toml"]),
    ("otel", &["opentelemetry", "opentelemetry-otlp", "tracing-subscriber", "reqwest"]),
    ("sqlite", &["rusqlite", "miniz_oxide"]),
];
