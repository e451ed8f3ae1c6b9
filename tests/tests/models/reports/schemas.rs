//! Schemas on their way to providers: what each strict mode refuses is not sent, and every byte that is sent is reserved.

use crate::mocked::Mocked;
use crate::wires::*;
use flujo::codec::Json;
use flujo::model::{Estimate, ModelClient, ModelRequest};
use flujo_models::{Capabilities, Wire};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Address {
    /// The street, without the number.
    street: String,
    /// The number, with its letter.
    number: String,
    /// The postal code.
    code: String,
    /// The town.
    town: String,
}

/// A type that many documented fields have.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Shipment {
    /// Where it comes from.
    from: Address,
    /// Where it goes.
    to: Address,
    /// Who pays for it.
    payer: Address,
    /// Who is told.
    notified: Address,
    /// Where it is now.
    place: Address,
    /// Where it is returned to.
    back: Address,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Bounded {
    small: u8,
    #[schemars(range(max = 10))]
    few: u32,
    #[schemars(length(min = 2, max = 4))]
    name: String,
    #[schemars(length(min = 2, max = 4))]
    list: Vec<String>,
}

/// A type that refers to itself, with a doc comment where it does.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
enum Tree {
    Leaf(String),
    Node {
        /// The left half.
        left: Box<Tree>,
        /// The right half.
        right: Box<Tree>,
    },
}

fn body_of(wire: Wire, request: ModelRequest, can: Capabilities) -> Value {
    let server = Mocked::answering(&answer(wire, "{}"));
    call(&models_that(wire, &server.url, can), request).0.unwrap_or_else(|e| panic!("{wire:?}: {e}"));
    server.sent().remove(0).body
}

fn asking(schema: Json) -> ModelRequest {
    request(false).schema(schema)
}

#[test]
fn every_byte_that_is_sent_is_reserved() {
    let schemas =
        [with_schema::<Shipment>(), with_schema::<Bounded>(), with_schema::<Tree>(), with_schema::<String>()];
    for wire in WIRES {
        for can in [Capabilities::OPENAI, Capabilities::COMPATIBLE] {
            for schema in &schemas {
                let request = asking(schema.clone());
                let models = models_that(wire, "http://localhost:1", can);
                let reserved = Estimate::UpperBound.tokens(&request, models.extra_tokens(&request)).input;
                let sent = u64::try_from(body_of(wire, request, can).to_string().len()).unwrap();
                // Beyond the bytes there is room for what providers put around a request.
                assert!(
                    (sent..sent + 2_000).contains(&reserved),
                    "{wire:?}: {sent} sent, {reserved} reserved"
                );
            }
        }
    }
}

#[test]
fn a_type_that_many_fields_have_is_sent_once() {
    for wire in [Wire::OpenAiChat, Wire::OpenAiResponses, Wire::Anthropic] {
        let body = body_of(wire, asking(with_schema::<Shipment>()), Capabilities::OPENAI).to_string();
        assert_eq!(body.matches("The street, without the number.").count(), 1, "{wire:?}: {body}");
        // Nothing that is written about a field is lost.
        for doc in ["Where it comes from.", "Where it goes.", "Who pays for it.", "Who is told."] {
            assert_eq!(body.matches(doc).count(), 1, "{wire:?}: {body}");
        }
    }
}

#[test]
fn bounds_are_sent_where_they_are_taken() {
    for (wire, taken) in [(Wire::OpenAiChat, true), (Wire::OpenAiResponses, true), (Wire::Anthropic, false)] {
        let body = body_of(wire, asking(with_schema::<Bounded>()), Capabilities::OPENAI).to_string();
        for bound in ["\"minimum\":", "\"maximum\":10", "\"minItems\":2", "\"maxItems\":4"] {
            assert_eq!(body.contains(bound), taken, "{wire:?} {bound}: {body}");
        }
        // Where they are not, the model reads of them.
        assert_eq!(body.contains("(minItems: 2, maxItems: 4)"), !taken, "{wire:?}: {body}");
        assert!(!body.contains("Length\":"), "{wire:?}: {body}");
    }
}

#[test]
fn a_type_that_refers_to_itself_is_asked_for_as_each_provider_can() {
    let body = body_of(Wire::OpenAiChat, asking(with_schema::<Tree>()), Capabilities::OPENAI);
    assert_eq!(body.pointer("/response_format/type"), Some(&"json_schema".into()), "{body}");
    let schema = body.pointer("/response_format/json_schema/schema").unwrap();
    // The wrapper is not what the type refers to.
    assert!(!schema.to_string().contains("\"$ref\":\"#\""), "{schema}");
    // Anthropic's strict schemas do not refer to themselves: the answer is the arguments of a tool.
    let models = models_that(Wire::Anthropic, "http://localhost:1", Capabilities::ANTHROPIC);
    assert_eq!(models.check(&ModelRequest::new("test:m", Vec::new()).schema(with_schema::<Tree>())), Ok(()));
    let body = body_of(Wire::Anthropic, asking(with_schema::<Tree>()), Capabilities::ANTHROPIC);
    assert_eq!(body.pointer("/tool_choice/name"), Some(&"answer".into()), "{body}");
    assert!(body.get("output_config").is_none(), "{body}");
}
