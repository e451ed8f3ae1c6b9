//! The OpenAPI document, made of the types that the operations take and answer.

use super::operation::{About, Answer, Body};
use crate::events::TOLD;
use crate::problem::{Kind, ProblemBody};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// The document while operations are added.
pub(crate) struct Document {
    schemas: SchemaGenerator,
    paths: Map<String, Value>,
}

/// The problems that every operation may answer with.
const COMMON: [Kind; 6] =
    [Kind::Parameter, Kind::Unauthorized, Kind::UnknownHost, Kind::Internal, Kind::Engine, Kind::OutOfTime];
/// The problems of those that change something.
const CHANGING: [Kind; 2] = [Kind::Forbidden, Kind::ForeignPage];
/// The problems of those that take a body.
const TAKING: [Kind; 4] = [Kind::Json, Kind::TooLarge, Kind::MediaType, Kind::Unfit];

impl Document {
    pub(super) fn new() -> Self {
        let mut settings = SchemaSettings::draft2020_12();
        settings.definitions_path = "/components/schemas".into();
        Self { schemas: settings.into_generator(), paths: Map::new() }
    }

    pub(super) fn add<Q: JsonSchema, B: Body, T: Answer>(&mut self, method: &str, about: &About) {
        let mut problems: Vec<Kind> = COMMON.iter().chain(about.problems).copied().collect();
        if method == "post" {
            problems.extend(CHANGING);
        }
        let mut parameters = parts(about.path);
        parameters.extend(self.query::<Q>());
        let mut operation = json!({
            "operationId": about.name,
            "summary": about.summary,
            "description": format!("Takes the role `{}`.", about.role),
            "parameters": parameters,
        });
        if let Some(body) = B::schema(&mut self.schemas) {
            problems.extend(TAKING);
            operation["requestBody"] =
                json!({ "required": true, "content": { "application/json": { "schema": body } } });
        }
        let (status, media, schema) = T::document(&mut self.schemas);
        let mut responses = Map::new();
        let said = match media {
            "text/event-stream" => events(),
            _ => "What was asked for.".to_owned(),
        };
        responses.insert(
            status.to_string(),
            json!({ "description": said, "content": { media: { "schema": schema } } }),
        );
        let problem = self.schemas.subschema_for::<ProblemBody>();
        for kind in problems {
            let status = kind.status().as_u16().to_string();
            let said = kind.title();
            match responses.get_mut(&status) {
                Some(known) => {
                    let before = known["description"].as_str().unwrap_or_default().to_owned();
                    if !before.contains(said) {
                        known["description"] = Value::String(format!("{before}; {said}"));
                    }
                }
                None => {
                    let content = json!({ "application/problem+json": { "schema": problem } });
                    responses.insert(status, json!({ "description": said, "content": content }));
                }
            }
        }
        operation["responses"] = Value::Object(responses);
        let path = format!("/api/v1{}", about.path.replace("{*", "{"));
        let item = self.paths.entry(path).or_insert_with(|| json!({}));
        item[method] = operation;
    }

    fn query<Q: JsonSchema>(&mut self) -> Vec<Value> {
        let schema = Q::json_schema(&mut self.schemas);
        let required: Vec<_> = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        let Some(Value::Object(fields)) = schema.get("properties") else { return Vec::new() };
        let parameter = |(name, field): (&String, &Value)| {
            let mut field = field.clone();
            let said = field.as_object_mut().and_then(|field| field.remove("description"));
            let is_map = field.get("additionalProperties").is_some();
            let mut parameter = json!({
                "name": name, "in": "query", "required": required.contains(&json!(name)), "schema": field,
            });
            if let Some(said) = said {
                parameter["description"] = said;
            }
            if is_map {
                parameter["style"] = json!("deepObject");
                parameter["explode"] = json!(true);
            }
            parameter
        };
        fields.iter().map(parameter).collect()
    }

    /// The whole document.
    pub(super) fn finish(mut self) -> Value {
        json!({
            "openapi": "3.1.0",
            "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
            "info": {
                "title": "flujo",
                "version": env!("CARGO_PKG_VERSION"),
                "description": "Runs of pipelines: started, watched, answered and operated.",
                "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
            },
            "servers": [{ "url": "/" }],
            "security": [{ "token": [] }, { "session": [] }, {}],
            "paths": self.paths,
            "components": {
                "schemas": self.schemas.take_definitions(true),
                "securitySchemes": {
                    "token": { "type": "http", "scheme": "bearer" },
                    "session": { "type": "apiKey", "in": "cookie", "name": "flujo_session" },
                },
            },
        })
    }
}

/// The parameters in a path.
fn parts(path: &str) -> Vec<Value> {
    let names = path.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    let parameter = |name: &str| json!({ "name": name.trim_start_matches('*'), "in": "path", "required": true, "schema": { "type": "string" } });
    names.map(parameter).collect()
}

fn events() -> String {
    let lines: Vec<_> = TOLD.iter().map(|(name, said)| format!("- `{name}`: {said}")).collect();
    format!(
        "Server-sent events, whose data is JSON. A stream goes on behind the header `Last-Event-ID`.\n\n{}",
        lines.join("\n")
    )
}
