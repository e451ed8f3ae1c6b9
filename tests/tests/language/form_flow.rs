//! Plain expressions in forms: whatever is no flow may read the context.

use super::form_bounds::Topic;
use super::*;
use std::collections::BTreeSet;

struct Longer(usize);

impl Validator<String> for Longer {
    fn validate(&self, text: &String) -> ValidationResult {
        if text.len() > self.0 { ValidationResult::valid() } else { ValidationResult::invalid("short") }
    }
}

#[step]
async fn exclaim(text: String) -> Result<String> {
    Ok(text + "!")
}

#[step]
async fn see(text: String, seen: &mut u64) -> Result<String> {
    *seen += 1;
    Ok(text)
}

pipeline! {
    fn reading(ctx: &mut Moderation) -> String {
        let most = value(u32::try_from(ctx.threshold).unwrap_or(1));
        // the seed, the bound and the condition of a loop
        let text = repeat(ctx.sources.0.concat(), |text| {
            let text = see(text);
            exclaim(text)
        })
        .until(|text| text.len() > ctx.threshold || ctx.seen == 2)
        .max(most);
        // the items, how many, and how many at once; and in an item, its own fork
        let all = map(ctx.sources.0.clone(), |source| {
            let source = see(source).named("see_item");
            value(format!("{source}{}", ctx.seen))
        })
        .max(most)
        .concurrency(ctx.threshold);
        // the set
        let routed = route(if ctx.seen > 3 { BTreeSet::from([Topic::Web]) } else { BTreeSet::new() }, |topic| {
            match topic {
                Topic::Web => exclaim(format!("{topic:?}{}", ctx.seen)).named("web"),
                Topic::Papers => fail("papers"),
                Topic::People => value(String::new()),
            }
        });
        // what is looked at, and who looks
        let text = gate(format!("{text} {}", ctx.seen), Longer(ctx.threshold)).strict(ctx.threshold > 0);
        // in a generator and a critic
        let draft = refine(
            |said| exclaim(format!("{text} {} {said:?}", ctx.seen)).named("draft"),
            |draft| {
                see(draft).named("see_draft");
                if ctx.seen == 6 { value(Critique::Accept) } else { value(Critique::revise(ctx.seen.to_string())) }
            },
        )
        .max(most);
        value(format!("{draft} {all:?} {routed:?}"))
    }
}

#[tokio::test]
async fn forms_read_the_context_wherever_nothing_runs() {
    let mut ctx =
        Moderation { threshold: 4, sources: Sources(vec!["a".to_owned(), "b".to_owned()]), seen: 0 };
    let out = reading().run(&mut ctx, &()).await.map_err(|error| error.to_string());
    let expected = "ab!! 4 5 Some(Feedback(\"5\"))! [\"a3\", \"b3\"] [\"Web4!\"]";
    assert_eq!(out.as_deref(), Ok(expected));
    assert_eq!(ctx.seen, 6);
}
