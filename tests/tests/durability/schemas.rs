//! Types that changed under the same name: their JSON Schemas are stored with the run.

use flujo::error::Signal;
use flujo::prelude::*;
use flujo_tests::world::*;

/// The same pipeline with another type: what a deployment does to a run that is under way.
macro_rules! looking {
    ($code:ident, $($field:tt)*) => {
        #[allow(dead_code, reason = "code that only goes on with runs is never called")]
        mod $code {
            use flujo::prelude::*;
            use flujo_tests::world::*;

            #[derive(Clone, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
            pub struct Found {
                words: Vec<String>,
                $($field)*
            }
            impl Found {
                fn of(text: &str) -> Self {
                    serde_json::from_str(&format!(r#"{{"words":["{text}"],"n":7}}"#)).unwrap()
                }
            }

            #[step]
            pub async fn look(text: String, calls: &Calls, run: &RunInfo) -> Result<Found> {
                calls.note(run);
                Ok(Found::of(&text))
            }

            pipeline! {
                #[pipeline(name = "looking")]
                pub fn looking(text: String, ctx: &mut State, world: &World) -> String {
                    let (reply, found) = join(
                        { let reply: String = ask("go on?"); write(reply) },
                        look(text),
                    );
                    format!("{reply} {}", found.words.concat())
                }
            }
        }
    };
}
looking!(before,);
looking!(grown, #[serde(default)] n: u8,);
looking!(other, n: u8,);

#[test]
fn a_type_that_changed_under_its_name_is_found_before_anything_runs() {
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        assert_eq!(before::looking::FINGERPRINT, other::looking::FINGERPRINT);
        assert_eq!(flujo.run(before::looking("calm".into())).id("r").await.questions().len(), 1);
        assert_eq!(calls.len(), 1);
        let resumed = flujo.resume::<other::looking>("r").reply("so").await.unwrap();
        let Outcome::Failed(error) = &resumed.outcome else { panic!("{:?}", resumed.outcome) };
        assert!(matches!(error.signal(), Some(Signal::JournalMismatch(_))), "{error}");
        assert_eq!(
            error.to_string(),
            "looking/look: the record does not fit the code: its recorded output no longer decodes: missing field `n` at \
             line 1 column 18; no record was changed"
        );
        assert_eq!(calls.len(), 1, "nothing ran");
        // The reply is written; the code that the run began with goes on.
        let resumed = flujo.resume::<before::looking>("r").await.unwrap();
        assert_eq!(resumed.into_output().unwrap(), "so calm");
    });
}

#[test]
fn a_type_that_reads_what_it_gave_before_goes_on() {
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        assert_eq!(flujo.run(before::looking("calm".into())).id("r").await.questions().len(), 1);
        let resumed = flujo.resume::<grown::looking>("r").reply("so").await.unwrap();
        assert_eq!(resumed.into_output().unwrap(), "so calm");
        assert_eq!(calls.of("looking/look"), 1);
    });
}

#[test]
fn the_schemas_of_types_are_stored_with_each_run() {
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        assert_eq!(flujo.run(before::looking("calm".into())).id("before").await.questions().len(), 1);
        assert_eq!(flujo.run(other::looking("calm".into())).id("other").await.questions().len(), 1);
        for (id, required) in [("before", r#"["words"]"#), ("other", r#"["words","n"]"#)] {
            let graph = flujo.inspect(id).await.unwrap().run.graph.stored();
            let look = graph.nodes.iter().find(|node| node.path == "looking/look").unwrap();
            let schema: serde_json::Value = look.schema.as_ref().unwrap().decode().unwrap();
            assert_eq!(schema["required"].to_string(), required, "{id}");
        }
    });
}
