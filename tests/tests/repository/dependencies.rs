//! What a user of the library compiles who asks for no feature: the core gains nothing by what stands behind one.
//!
//! Only the manifests and Cargo.lock are read. `cargo tree` would need every crate that stands behind a feature, which
//! nothing has downloaded on a machine that built without features.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::process::Command;

type Names = BTreeSet<String>;

/// Packages of Cargo.lock: name and version, with what each depends on.
type Lock = BTreeMap<(String, String), Vec<String>>;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn lock() -> Result<Lock, Box<dyn Error>> {
    let text = fs::read_to_string(format!("{ROOT}/Cargo.lock"))?;
    let mut lock = Lock::new();
    for package in text.split("[[package]]").skip(1) {
        let value = |key: &str| {
            let line = package.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = "));
            line.map(|found| found.trim_matches('"').to_owned())
                .ok_or_else(|| format!("no {key} in {package}"))
        };
        let needs = package.lines().filter_map(|line| line.strip_prefix(" \"")?.strip_suffix("\","));
        lock.insert((value("name")?, value("version")?), needs.map(str::to_owned).collect());
    }
    Ok(lock)
}

/// The manifests of this workspace, which cargo reads without looking at any registry.
pub(crate) fn manifests() -> Result<Value, Box<dyn Error>> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path"]);
    let output = cargo.arg(format!("{ROOT}/Cargo.toml")).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// What a package of this workspace depends on, apart from its tests and build scripts.
fn direct(manifests: &Value, package: &str, features: &[&str]) -> Result<Names, Box<dyn Error>> {
    let packages = manifests["packages"].as_array().ok_or("no packages")?;
    let package = packages.iter().find(|found| found["name"] == package).ok_or("no such package")?;
    // A feature names dependencies, and other features that name some.
    let mut enabled = Names::new();
    let mut wanted: Vec<String> = features.iter().map(ToString::to_string).collect();
    while let Some(feature) = wanted.pop() {
        if let Some(name) = feature.strip_prefix("dep:") {
            enabled.insert(name.to_owned());
        } else if !feature.contains('/') {
            let brings = package["features"].get(&feature).and_then(Value::as_array);
            let brings = brings.ok_or_else(|| format!("no feature {feature}"))?;
            wanted.extend(brings.iter().filter_map(Value::as_str).map(str::to_owned));
        }
    }
    let all = package["dependencies"].as_array().ok_or("no dependencies")?.iter();
    let normal = all.filter(|found| found["kind"].is_null());
    let names = normal.filter_map(|found| Some((found["name"].as_str()?, found["optional"] == true)));
    let names = names.filter(|(name, optional)| !optional || enabled.contains(*name));
    Ok(names.map(|(name, _)| name.to_owned()).collect())
}

/// The names of all crates under `flujo` with these features.
///
/// Cargo.lock knows no features of foreign crates: what any of them may bring anywhere counts. So this finds too much
/// rather than too little, and what it does not find in the core is not there.
fn tree(features: &[&str]) -> Result<Names, Box<dyn Error>> {
    let (manifests, lock) = (manifests()?, lock()?);
    let (mut names, mut seen) = (Names::new(), BTreeSet::new());
    let mut wanted: Vec<String> = direct(&manifests, "flujo", features)?.into_iter().collect();
    while let Some(need) = wanted.pop() {
        let mut words = need.split(' ');
        let (name, version) = (words.next().unwrap_or_default(), words.next());
        if name == "flujo-macros" {
            // Its entry in the lock holds what its tests need, too.
            if names.insert(name.to_owned()) {
                wanted.extend(direct(&manifests, name, &[])?);
            }
            continue;
        }
        let found: Vec<_> = lock
            .iter()
            .filter(|((n, v), _)| n == name && version.is_none_or(|version| v == version))
            .collect();
        assert!(!found.is_empty(), "Cargo.lock has no `{need}`");
        for (package, needs) in found {
            if seen.insert(package.clone()) {
                names.insert(name.to_owned());
                wanted.extend(needs.iter().cloned());
            }
        }
    }
    Ok(names)
}

#[test]
fn the_core_has_these_dependencies_and_no_other() -> Result<(), Box<dyn Error>> {
    let expected = [
        "async-trait",
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
    assert_eq!(direct(&manifests()?, "flujo", &[])?, expected.map(str::to_owned).into());
    Ok(())
}

#[test]
fn what_stands_behind_a_feature_is_not_in_the_core() -> Result<(), Box<dyn Error>> {
    let core = tree(&[])?;
    for (feature, brings) in FEATURES {
        let with = tree(&[feature])?;
        for name in *brings {
            assert!(with.contains(*name), "`{feature}` does not bring `{name}`");
            assert!(!core.contains(*name), "the core has `{name}`");
        }
        assert!(with.is_superset(&core), "`{feature}` takes something away");
    }
    // Settings alone bring no HTTP.
    let settings = tree(&["settings"])?;
    assert!(!["reqwest", "hyper", "rustls", "sse-stream"].iter().any(|name| settings.contains(*name)));
    Ok(())
}

#[test]
fn what_an_engine_brings_is_in_the_engine_alone() -> Result<(), Box<dyn Error>> {
    let expected = [
        "async-trait",
        "flujo",
        "futures-util",
        "miniz_oxide",
        "rusqlite",
        "serde",
        "serde_json",
        "tokio",
        "xxhash-rust",
    ];
    assert_eq!(direct(&manifests()?, "flujo-sqlite", &[])?, expected.map(str::to_owned).into());
    let core = tree(&[])?;
    assert!(!["rusqlite", "libsqlite3-sys", "miniz_oxide", "cc"].iter().any(|name| core.contains(*name)));
    Ok(())
}

#[test]
fn what_models_bring_is_in_their_crate_alone() -> Result<(), Box<dyn Error>> {
    let expected = [
        "async-trait",
        "base64",
        "flujo",
        "futures-util",
        "genai-prices",
        "http-body-util",
        "hyper",
        "hyper-rustls",
        "hyper-util",
        "percent-encoding",
        "rustls",
        "rustls-platform-verifier",
        "secrecy",
        "serde",
        "serde_json",
        "sse-stream",
        "tokio",
        "tower-service",
        "tracing",
    ];
    assert_eq!(direct(&manifests()?, "flujo-models", &[])?, expected.map(str::to_owned).into());
    for features in [&[][..], &["settings", "rate-limits"]] {
        let flujo = tree(features)?;
        let foreign = ["genai-prices", "reqwest", "hyper", "rustls", "ring", "cc", "sse-stream"];
        assert!(!foreign.iter().any(|name| flujo.contains(*name)), "`flujo` with {features:?}");
    }
    Ok(())
}

#[test]
fn what_servers_of_tools_bring_is_in_their_crate_alone() -> Result<(), Box<dyn Error>> {
    let expected = [
        "flujo",
        "futures-util",
        "http-body-util",
        "hyper",
        "hyper-rustls",
        "hyper-util",
        "process-wrap",
        "rmcp",
        "rustls",
        "rustls-platform-verifier",
        "serde",
        "serde_json",
        "sse-stream",
        "tokio",
    ];
    assert_eq!(direct(&manifests()?, "flujo-mcp", &[])?, expected.map(str::to_owned).into());
    let flujo = tree(&["settings", "rate-limits"])?;
    assert!(!["rmcp", "process-wrap", "hyper"].iter().any(|name| flujo.contains(*name)));
    Ok(())
}

/// The lock has what any feature on any platform may bring. What still builds C builds where the C++ compiler always fails:
/// `.ci/run models`.
#[test]
fn nothing_brings_cmake_or_a_second_tls() -> Result<(), Box<dyn Error>> {
    let lock = lock()?;
    let has = |name: &str| lock.keys().any(|(found, _)| found == name);
    assert!(has("rustls") && has("ring"), "the lock has no TLS");
    for name in ["cmake", "aws-lc-sys", "aws-lc-rs", "bindgen", "openssl-sys", "native-tls", "cxx-build"] {
        assert!(!has(name), "Cargo.lock has `{name}`");
    }
    Ok(())
}

/// One version alone fits no application that has another one, and takes no fix.
#[test]
fn no_dependency_is_pinned_to_one_version() -> Result<(), Box<dyn Error>> {
    let manifests = manifests()?;
    let packages = manifests["packages"].as_array().ok_or("no packages")?;
    let mut pinned = Names::new();
    for package in packages {
        for dependency in package["dependencies"].as_array().ok_or("no dependencies")? {
            let version = dependency["req"].as_str().ok_or("no version")?;
            if version.split(',').any(|bound| bound.trim().starts_with('=')) {
                pinned
                    .insert(format!("{}: {}{version}", package["name"], dependency["name"]).replace('"', ""));
            }
        }
    }
    // What the macros write, and stubs, are made of hidden items of exactly one version of the runtime, and a service of
    // Restate with the name of a pipeline of hidden items of its SDK.
    let version = env!("CARGO_PKG_VERSION");
    let expected = [
        format!("flujo: flujo-macros={version}"),
        format!("flujo-testing: flujo={version}"),
        "flujo-restate: restate-sdk=0.13.0".to_owned(),
    ];
    assert_eq!(pinned, expected.into());
    Ok(())
}

const FEATURES: &[(&str, &[&str])] = &[
    ("settings", &["dotenvy", "toml"]),
    ("otel", &["opentelemetry", "opentelemetry-otlp", "tracing-subscriber", "reqwest", "rustls"]),
];
