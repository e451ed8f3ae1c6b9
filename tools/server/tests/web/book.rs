//! The page of the HTTP interface in the book is made of the OpenAPI document.
//!
//! `FLUJO_BOOK=overwrite cargo test -p flujo-server --test web book` writes it.

use super::support::*;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;

#[path = "../../../../tests/src/made.rs"]
mod made;

/// A schema in a few words.
fn shape(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap();
        return format!("[`{name}`](#schema-{})", name.to_lowercase());
    }
    for word in ["anyOf", "oneOf", "allOf"] {
        if let Some(any) = schema[word].as_array() {
            let any: Vec<_> = any.iter().map(shape).collect();
            return any.join(" or ");
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<_> =
            values.iter().map(|value| format!("`{}`", value.to_string().trim_matches('"'))).collect();
        return values.join(", ");
    }
    if !schema["const"].is_null() {
        return format!("`{}`", schema["const"].to_string().trim_matches('"'));
    }
    let one = |word: &str| match word {
        "array" => format!("list of {}", shape(&schema["items"])),
        "object" if schema["additionalProperties"].is_object() => {
            format!("object of {}", shape(&schema["additionalProperties"]))
        }
        word => word.to_owned(),
    };
    match &schema["type"] {
        Value::String(word) => one(word),
        Value::Array(words) => {
            words.iter().filter_map(Value::as_str).map(one).collect::<Vec<_>>().join(" or ")
        }
        _ => "any JSON".to_owned(),
    }
}

fn said(value: &Value) -> String {
    made::cell(&value["description"].as_str().unwrap_or_default().replace("\n- ", " <br>"))
}

/// The bodies of a response, by their types.
fn bodies(response: &Value) -> String {
    let media = response["content"].as_object().unwrap().iter();
    let bodies: Vec<_> = media
        .map(|(media, content)| match media.as_str() {
            "application/json" | "application/problem+json" => shape(&content["schema"]),
            media => format!("`{media}`"),
        })
        .collect();
    bodies.join("<br>")
}

/// What a response means: several kinds of problems have one status.
fn titles(response: &Value) -> Vec<String> {
    let said = said(response);
    if response["content"]["application/problem+json"].is_object() {
        return said.split("; ").map(str::to_owned).collect();
    }
    vec![said]
}

/// The problems that every operation may answer with.
fn of_every_operation(document: &Value) -> BTreeSet<(String, String)> {
    let items = document["paths"].as_object().unwrap().values();
    let operations = items.flat_map(|item| item.as_object().unwrap().values());
    let all = operations.map(|operation| {
        let responses = operation["responses"].as_object().unwrap().iter();
        let problems = responses.filter(|(status, _)| status.as_str() >= "400");
        let problems = problems
            .flat_map(|(status, response)| titles(response).into_iter().map(|title| (status.clone(), title)));
        problems.collect::<BTreeSet<_>>()
    });
    all.reduce(|all, of| all.intersection(&of).cloned().collect()).unwrap()
}

fn every(problems: &BTreeSet<(String, String)>) -> String {
    let mut out = "| status | meaning |\n|---|---|\n".to_owned();
    for (status, title) in problems {
        writeln!(out, "| {status} | {title} |").unwrap();
    }
    out
}

fn operations(document: &Value, every: &BTreeSet<(String, String)>) -> String {
    let mut out = String::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap();
            let summary = operation["summary"].as_str().unwrap();
            writeln!(
                out,
                "### `{name}`\n\n`{} {path}`: {summary} {}\n",
                method.to_uppercase(),
                said(operation)
            )
            .unwrap();
            let parameters = operation["parameters"].as_array().unwrap();
            if !parameters.is_empty() {
                out.push_str("| parameter | in | type | meaning |\n|---|---|---|---|\n");
            }
            for parameter in parameters {
                let (name, place) = (parameter["name"].as_str().unwrap(), parameter["in"].as_str().unwrap());
                let shape = shape(&parameter["schema"]);
                writeln!(out, "| `{name}` | {place} | {shape} | {} |", said(parameter)).unwrap();
            }
            if !parameters.is_empty() {
                out.push('\n');
            }
            let body = &operation["requestBody"]["content"]["application/json"]["schema"];
            if !body.is_null() {
                writeln!(out, "Body: {}.\n", shape(body)).unwrap();
            }
            out.push_str("| status | body | meaning |\n|---|---|---|\n");
            for (status, response) in operation["responses"].as_object().unwrap() {
                let titles: Vec<_> = titles(response)
                    .into_iter()
                    .filter(|title| !every.contains(&(status.clone(), title.clone())))
                    .collect();
                if !titles.is_empty() {
                    writeln!(out, "| {status} | {} | {} |", bodies(response), titles.join("; ")).unwrap();
                }
            }
            out.push('\n');
        }
    }
    out
}

fn schemas(document: &Value) -> String {
    let mut out = String::new();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        // An operation may have the same name, and with it the heading's own anchor.
        let anchor = format!("<a id=\"schema-{}\"></a>", name.to_lowercase());
        writeln!(out, "### {name}\n\n{anchor}{}\n", said(schema)).unwrap();
        let Some(fields) = schema["properties"].as_object() else {
            writeln!(out, "Type: {}.\n", shape(schema)).unwrap();
            continue;
        };
        let required: BTreeSet<_> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        out.push_str("| field | type | always there | meaning |\n|---|---|---|---|\n");
        for (field, schema) in fields {
            let always = if required.contains(field.as_str()) { "yes" } else { "no" };
            writeln!(out, "| `{field}` | {} | {always} | {} |", shape(schema), said(schema)).unwrap();
        }
        out.push('\n');
    }
    out
}

#[tokio::test]
async fn the_page_of_the_interface_is_what_its_document_says() {
    let document: Value = Shop::new().caller().get("/api/v1/openapi.json").await.ok();
    let common = of_every_operation(&document);
    assert_eq!(common.len(), 6);
    let parts = [
        ("every", every(&common)),
        ("operations", operations(&document, &common)),
        ("schemas", schemas(&document)),
    ];
    made::compare("reference/http.md", &parts).unwrap();
}
