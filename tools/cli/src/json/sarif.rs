//! Findings as SARIF 2.1.0, which code hosts show beside the lines:
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>.

use crate::runs::Finding;
use crate::text::places;
use flujo::graph::Severity;
use serde::Serialize;
use std::collections::BTreeSet;

#[derive(Serialize)]
pub(crate) struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    column_kind: &'static str,
    results: Vec<Outcome>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    rule_id: String,
    rule_index: usize,
    level: &'static str,
    message: Message,
    locations: [Location; 1],
}

#[derive(Serialize)]
struct Message {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: PhysicalLocation,
    logical_locations: [LogicalLocation; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
}

/// The node, by its path.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    fully_qualified_name: String,
}

impl Log {
    pub(crate) fn of(findings: &[Finding]) -> Self {
        let rules: BTreeSet<&str> = findings.iter().map(|finding| finding.rule.as_str()).collect();
        let rules: Vec<&str> = rules.into_iter().collect();
        let results = findings.iter().map(|finding| Outcome::of(finding, &rules)).collect();
        let rules = rules.iter().map(|rule| Rule { id: (*rule).to_owned() }).collect();
        let driver = Driver { name: "flujo", semantic_version: env!("CARGO_PKG_VERSION"), rules };
        let run = Run { tool: Tool { driver }, column_kind: "unicodeCodePoints", results };
        Self { schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run] }
    }
}

impl Outcome {
    fn of(finding: &Finding, rules: &[&str]) -> Self {
        let level = match finding.severity {
            Severity::Hint => "note",
            _ => "warning",
        };
        let location = Location {
            physical_location: PhysicalLocation {
                artifact_location: ArtifactLocation { uri: places::uri(&finding.file) },
                region: Region { start_line: finding.line.max(1) },
            },
            logical_locations: [LogicalLocation { fully_qualified_name: finding.node.clone() }],
        };
        Self {
            rule_id: finding.rule.clone(),
            rule_index: rules.iter().position(|rule| *rule == finding.rule).unwrap_or_default(),
            level,
            message: Message { text: format!("{}: {}", finding.node, finding.message) },
            locations: [location],
        }
    }
}
