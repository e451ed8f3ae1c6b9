//! Contexts and their parts while a run goes on.

use flujo::prelude::*;
use flujo_tests::stories::whole;
use flujo_tests::world::*;

#[test]
fn steps_ask_for_the_whole_or_for_several_parts() {
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let result = flujo.run(whole("t".into())).id("r").await;
        let expected =
            State { title: "tt".into(), draft: Draft { text: "t".into() }, log: vec!["t1".into()], total: 2 };
        assert_eq!(result.context, expected);
        assert_eq!(result.into_output().unwrap(), "tt 2");
        // Fields that are no part are one part of their own, and only what changed is stored.
        let view = flujo.inspect("r").await.unwrap();
        let parts: Vec<Vec<_>> =
            view.records.iter().map(|r| r.parts.iter().map(|(n, _)| n.as_str()).collect()).collect();
        assert_eq!(parts, [vec!["total", "(rest)"], vec!["draft", "log"], vec!["total", "(rest)"]]);
    });
}

#[test]
fn plain_expressions_read_the_arms_own_fork() {
    pipeline! {
        fn reading(text: String, ctx: &mut State, world: &World) -> (String, String) {
            let text = add(text);
            let (a, b) = join(
                { add(format!("{text}a")).named("a"); format!("{}", ctx.log.len()) },
                { count(3); format!("{} {}", ctx.log.len(), ctx.total) },
            );
            (a, b)
        }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let output = flujo.run(reading("x".into())).await.into_output().unwrap();
        assert_eq!(output, ("2".to_owned(), "1 3".to_owned()));
    });
}
