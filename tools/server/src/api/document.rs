//! The OpenAPI document, made of the types that the operations take and answer.

use super::answer::Answer;
use super::operation::{About, Body};
use crate::access::Access;
use crate::problem::{Kind, ProblemBody};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// The document while operations are added.
pub(crate) struct Document {
    /// Schemas of what is sent: what may be left out.
    schemas: SchemaGenerator,
    /// Schemas of what is taken: what callers may leave out.
    taken: SchemaGenerator,
    /// The operations by path and method.
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
        let schemas = settings.clone().for_serialize().into_generator();
        Self { schemas, taken: settings.into_generator(), paths: Map::new() }
    }

    pub(super) fn add<Q: JsonSchema, B: Body, T: Answer>(&mut self, method: &str, about: &About) {
        let mut problems: Vec<Kind> = COMMON.iter().chain(about.problems).copied().collect();
        if method == "post" {
            problems.extend(CHANGING);
        }
        let mut parameters = parts(about.path);
        parameters.extend(self.query::<Q>());
        parameters.extend(about.header.map(|header| {
            let schema = json!({ "type": "string", "pattern": header.pattern() });
            json!({
                "name": header.name(), "in": "header", "required": false, "schema": schema,
                "description": header.said(),
            })
        }));
        let mut operation = Map::new();
        operation.insert("operationId".to_owned(), json!(about.name));
        operation.insert("summary".to_owned(), json!(about.summary));
        operation.insert("description".to_owned(), json!(format!("Takes the role `{}`.", about.role)));
        operation.insert("parameters".to_owned(), Value::Array(parameters));
        if let Some(body) = B::schema(&mut self.taken) {
            problems.extend(TAKING);
            let body = json!({ "required": true, "content": { "application/json": { "schema": body } } });
            operation.insert("requestBody".to_owned(), body);
        }
        operation.insert("responses".to_owned(), self.responses::<T>(&problems));
        let path = format!("/api/v1{}", about.path.replace("{*", "{"));
        let item = self.paths.entry(path).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(item) = item {
            item.insert(method.to_owned(), Value::Object(operation));
        }
    }

    fn responses<T: Answer>(&mut self, problems: &[Kind]) -> Value {
        let answer = T::document(&mut self.schemas);
        let content: Map<_, _> = answer
            .media
            .into_iter()
            .map(|(media, schema)| (media.to_owned(), json!({ "schema": schema })))
            .collect();
        let mut said = json!({ "description": answer.said, "content": content });
        if let (Some(place), Value::Object(said)) = (answer.place, &mut said) {
            let header =
                json!({ "description": place, "schema": { "type": "string", "format": "uri-reference" } });
            said.insert("headers".to_owned(), json!({ "Location": header }));
        }
        let mut responses = Map::new();
        responses.insert(answer.status.to_string(), said);
        // Several kinds have one status.
        let mut titles: Map<String, Value> = Map::new();
        for kind in problems {
            let all = titles.entry(kind.status().as_u16().to_string()).or_insert_with(|| json!([]));
            if let Value::Array(all) = all
                && !all.contains(&json!(kind.title()))
            {
                all.push(json!(kind.title()));
            }
        }
        let problem = self.schemas.subschema_for::<ProblemBody>();
        for (status, titles) in titles {
            let titles: Vec<_> = titles.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let content = json!({ "application/problem+json": { "schema": problem } });
            responses.insert(status, json!({ "description": titles.join("; "), "content": content }));
        }
        Value::Object(responses)
    }

    fn query<Q: JsonSchema>(&mut self) -> Vec<Value> {
        let schema = Q::json_schema(&mut self.taken);
        let required: Vec<_> = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        let Some(Value::Object(fields)) = schema.get("properties") else { return Vec::new() };
        let parameter = |(name, field): (&String, &Value)| {
            let mut field = field.clone();
            // A parameter that is not sent is no `null`.
            let said = field.as_object_mut().and_then(|field| {
                if let Some(Value::Array(types)) = field.get_mut("type") {
                    types.retain(|word| word != "null");
                }
                if let Some(Value::Array(any)) = field.get_mut("anyOf") {
                    any.retain(|schema| schema.get("type") != Some(&json!("null")));
                }
                field.remove("description")
            });
            let is_map = field.get("additionalProperties").is_some();
            if let (true, Some(field)) = (is_map, field.as_object_mut()) {
                // Everything is text in a query, `null` and numbers too.
                let scalars = json!({ "type": ["string", "number", "boolean", "null"] });
                field.insert("additionalProperties".to_owned(), scalars);
            }
            let mut parameter = Map::new();
            parameter.insert("name".to_owned(), json!(name));
            parameter.insert("in".to_owned(), json!("query"));
            parameter.insert("required".to_owned(), json!(required.contains(&json!(name))));
            parameter.insert("schema".to_owned(), field);
            if let Some(said) = said {
                parameter.insert("description".to_owned(), said);
            }
            if is_map {
                parameter.insert("style".to_owned(), json!("deepObject"));
                parameter.insert("explode".to_owned(), json!(true));
            }
            Value::Object(parameter)
        };
        fields.iter().map(parameter).collect()
    }

    /// The whole document.
    pub(super) fn finish(mut self, access: &Access) -> Value {
        let (token, session) = (json!({ "token": [] }), json!({ "session": [] }));
        let security = match (access.has_login(), access.knows_others()) {
            (false, _) => json!([]),
            (true, false) => json!([token, session]),
            // A rule of the user's own: what it wants is not known here.
            (true, true) => json!([token, session, {}]),
        };
        // A type that is taken and sent has one schema.
        let mut schemas = self.taken.take_definitions(true);
        schemas.extend(self.schemas.take_definitions(true));
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
            "security": security,
            "paths": self.paths,
            "components": {
                "schemas": schemas,
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
    let parameter = |name: &str| {
        let schema = json!({ "type": "string", "minLength": 1 });
        json!({ "name": name.trim_start_matches('*'), "in": "path", "required": true, "schema": schema })
    };
    names.map(parameter).collect()
}
