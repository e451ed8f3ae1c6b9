//! What is said against outputs, kept in the context.

use flujo::KeptFinding;
use flujo::prelude::*;
use flujo_tests::pieces::{Quiet, shouts, whispers};
use flujo_tests::stories::*;
use flujo_tests::world::*;

fn finding(path: &str, attempt: u32, message: &str, passed: bool) -> KeptFinding {
    KeptFinding { path: path.to_owned(), attempt, message: message.to_owned(), passed }
}

#[test]
fn findings_are_kept_in_the_context_when_the_node_ends() {
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let paused = flujo.run(keeps("x".into())).id("r").await;
        let first = [
            finding("keeps/shortens", 1, "holds an x", false),
            finding("keeps/shortens", 1, "too long", false),
            finding("keeps/shortens", 2, "holds an x", false),
            finding("keeps/shortens", 2, "too long", false),
        ];
        assert_eq!(paused.context.findings[..], first);
        assert_eq!(paused.questions()[0].message, "4 findings");
        // A resumed run comes to the same, and asks nobody again.
        let result = flujo.resume::<keeps>("r").reply("m").await.unwrap();
        assert_eq!(result.context.findings[..4], first);
        assert_eq!(
            result.context.findings[4..],
            [finding("keeps/lenient", 1, "holds an x", true), finding("keeps/lenient", 1, "too long", true)]
        );
        // Attempts that failed left no trace but that.
        assert_eq!(result.context.log, ["holds an x; too long", ""]);
        assert_eq!(calls.len(), 4);
        assert_eq!(result.into_output().unwrap(), "axxam");
    });
}

#[test]
fn findings_of_a_failed_node_are_kept_too() {
    pipeline! {
        fn fails(text: String, ctx: &mut Kept, world: &World) -> String {
            let tried = shortens(text.clone()).retries(0).keep_findings().settle();
            let seen = ctx.findings.len();
            let text = shortens(format!("{text}{seen}{}", tried.is_err()))
                .named("falls")
                .retries(0)
                .keep_findings()
                .fallback(echo);
            shortens(text).named("ends").retries(1).keep_findings()
        }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let result = flujo.run(fails("abc".into())).id("r").await;
        let expected = [
            finding("fails/shortens", 1, "too long", false),
            finding("fails/falls", 1, "too long", false),
            finding("fails/ends", 1, "too long", false),
            finding("fails/ends", 2, "too long", false),
        ];
        assert_eq!(result.context.findings[..], expected);
        assert_eq!(result.context.log, Vec::<String>::new());
        let error = result.into_output().unwrap_err();
        assert_eq!(error.to_string(), "fails/ends: rejected: too long (attempt 2 of 2)");
        // Going on adds to what there was, which is there once.
        let result = flujo.resume::<fails>("r").await.unwrap();
        assert_eq!(result.context.findings[..4], expected);
        assert_eq!(
            result.context.findings[4..],
            [finding("fails/ends", 3, "too long", false), finding("fails/ends", 4, "too long", false)]
        );
    });
}

#[test]
fn gates_models_and_redirects_keep_their_findings() {
    pipeline! {
        fn all(text: String, ctx: &mut Kept, world: &World) -> String {
            let label = label(text).keep_findings();
            let text = gate(label.name, (NoX, Short)).strict(false).keep_findings();
            let said = shouts(text)
                .retries(1)
                .plugin(Quiet)
                .redirect(whispers)
                .validate(Short)
                .strict(false)
                .keep_findings();
            gate(said, Short).keep_findings().named("last")
        }
    }
    on_all(async |engine, _| {
        let (flujo, _) = with_model(&engine, Scripted::new(&["no label", r#"{"name":"xyz"}"#]));
        let result = flujo.run(all("a".into())).await;
        let first = &result.context.findings[0];
        assert_eq!((first.path.as_str(), first.attempt, first.passed), ("all/label", 1, false));
        assert!(first.message.starts_with("the answer does not fit: "), "{}", first.message);
        assert_eq!(
            result.context.findings[1..],
            [
                finding("all/gate", 1, "holds an x", true),
                finding("all/gate", 1, "too long", true),
                finding("all/shouts!whispers", 2, "too long", true),
                finding("all/last", 1, "too long", false),
            ]
        );
    });
}

#[test]
fn parallel_branches_keep_their_findings_beside_each_other() {
    pipeline! {
        fn beside(text: String, ctx: &mut Kept, world: &World) -> String {
            let (a, b) = join(
                shortens(format!("{text}a")).strict(false).keep_findings(),
                {
                    let failed = shortens(text.clone()).named("other").retries(0).keep_findings().settle();
                    value(failed.is_err())
                },
            );
            let notes = map(["pq", "r"], |note| {
                let note = gate(note.to_owned(), Short).strict(false).keep_findings();
                note
            });
            format!("{a} {b} {}", notes.len())
        }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let result = flujo.run(beside("xxx".into())).await;
        assert_eq!(
            result.context.findings[..],
            [
                finding("beside/shortens", 1, "holds an x", true),
                finding("beside/shortens", 1, "too long", true),
                finding("beside/other", 1, "holds an x", false),
                finding("beside/other", 1, "too long", false),
                finding("beside/notes[0]/gate", 1, "too long", true),
            ]
        );
        assert_eq!(result.into_output().unwrap(), "xxa true 2");
    });
}
