//! Findings as SARIF, checked by the schema of the standard.

use crate::support::Folder;
use serde_json::{Value, json};

/// The schema of the standard. Strict readers refuse one of its patterns, which has a bracket too many; no log of ours has
/// what it is for, the language of a run.
fn schema() -> Value {
    let mut schema: Value = serde_json::from_str(include_str!("sarif-schema-2.1.0.json")).unwrap();
    for place in ["run", "toolComponent"] {
        let language = schema.pointer_mut(&format!("/definitions/{place}/properties/language"));
        let removed = language.unwrap().as_object_mut().unwrap().remove("pattern");
        assert_eq!(removed, Some(json!("^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$")), "{place}");
    }
    schema
}

fn is_valid(log: &Value) {
    let validator = jsonschema::draft7::options().should_validate_formats(true).build(&schema()).unwrap();
    let errors: Vec<_> = validator.iter_errors(log).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
}

#[test]
fn findings_have_file_and_line_of_the_pipeline() {
    let folder = Folder::new();
    let said = folder.letters(&["validate", "--format", "sarif"]);
    assert_eq!(said.code, Some(0));
    let log = said.json();
    is_valid(&log);
    let source = include_str!("../../examples/letters/pipelines.rs");
    let line = source.lines().position(|line| line.contains("-> String { shorten(text) }")).unwrap() + 1;
    let location = json!([{
        "physicalLocation": {
            "artifactLocation": { "uri": "tools/cli/examples/letters/pipelines.rs" },
            "region": { "startLine": line },
        },
        "logicalLocations": [{ "fullyQualifiedName": "summary/shorten" }],
    }]);
    let results = json!([
        {
            "ruleId": "model-without-timeout",
            "ruleIndex": 1,
            "level": "warning",
            "message": { "text": "summary/shorten: `openai:gpt-4o-mini` may never answer; add `timeout = \"30s\"`, or as \
                                  long as it may take" },
            "locations": location,
        },
        {
            "ruleId": "model-without-max-tokens",
            "ruleIndex": 0,
            "level": "warning",
            "message": { "text": "summary/shorten: an answer of `openai:gpt-4o-mini` may cost any amount; add \
                                  `max_tokens = ..`" },
            "locations": location,
        },
    ]);
    assert_eq!(log["runs"][0]["results"], results);
    let rules = json!([{ "id": "model-without-max-tokens" }, { "id": "model-without-timeout" }]);
    assert_eq!(log["runs"][0]["tool"]["driver"]["rules"], rules);
}

#[test]
fn no_findings_are_a_log_too() {
    let folder = Folder::new();
    let log = folder.letters(&["validate", "note", "--format", "sarif", "--fail-on-warn"]).json();
    is_valid(&log);
    assert_eq!(log["runs"][0]["results"], json!([]));
    // The schema refuses what is no log: it is not empty by mistake.
    assert!(!jsonschema::is_valid(&schema(), &json!({ "version": "2.1.0" })));
}
