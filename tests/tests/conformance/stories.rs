//! A pipeline for every form, to be killed.

use crate::plugins::{Adds, Quiet, shouts, whispers};
use crate::routes::Topic;
use crate::tools::research;
use crate::world::*;
use flujo::prelude::*;
use std::collections::BTreeSet;

pipeline! {
    pub fn steps(text: String, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        let text = write(text);
        let n = count(3);
        echo(format!("{text}{n}"))
    }
}
pipeline! {
    pub fn retries(text: String, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        let n = flaky(2).backoff("1s");
        add(format!("{text}{n}")).named("last")
    }
}
pipeline! {
    pub fn failure(text: String, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        let n = flaky(9).retries(1);
        add(format!("{text}{n}")).named("last")
    }
}
pipeline! {
    pub fn model(text: String, ctx: &mut State, world: &World) -> String {
        let one = label(text);
        let two = label(one.name).named("two");
        add(two.name)
    }
}
pipeline! {
    pub fn talks(text: String, ctx: &mut State, world: &World) -> String {
        let found = research(text);
        add(found.name)
    }
}
pipeline! {
    pub fn fallback(text: String, ctx: &mut State, world: &World) -> String {
        let text = broken(text).fallback(write);
        add(text)
    }
}
pipeline! {
    pub fn hits(text: String, ctx: &mut State, world: &World) -> String {
        let one = echo(text.clone()).cached(forever);
        let two = echo(text).named("again").cached(forever);
        add(format!("{one}{two}"))
    }
}
pipeline! {
    pub fn redirects(text: String, ctx: &mut State, world: &World) -> String {
        let text = shouts(text).plugin(Quiet).redirect(whispers);
        add(text)
    }
}
pipeline! {
    pub fn gate_plugins(text: String, ctx: &mut State, world: &World) -> String {
        let text = gate(text, Never).plugin(Adds("!")).strict(false);
        add(text)
    }
}
pipeline! {
    pub fn settle(text: String, ctx: &mut State, world: &World) -> String {
        let bad = broken(text.clone()).settle();
        add(format!("{text} {}", bad.is_err()))
    }
}
pipeline! {
    pub fn branches(text: String, ctx: &mut State, world: &World) -> String {
        let n = count(2);
        match n {
            2 if ctx.total == 2 => {
                let text = add(text);
                if text.is_empty() { echo(text) } else { write(text) }
            }
            _ => add("never".to_owned()).named("other"),
        }
    }
}
pipeline! {
    pub fn piped(text: String, ctx: &mut State, world: &World) -> String {
        text >> add >> write >> echo
    }
}
pipeline! {
    pub fn part(text: String, log: &mut Inner, world: &World) -> String {
        let text = add(text);
        add(format!("{text}!")).named("second")
    }
}
/// A context that is a part of another.
#[context]
#[derive(Debug, Default, PartialEq)]
pub struct Inner {
    n: u8,
    #[context(part, merge = append)]
    log: Vec<String>,
}
#[context]
#[derive(Debug, Default, PartialEq)]
pub struct Outer {
    #[context(part)]
    inner: Inner,
    #[context(part, merge = sum)]
    total: u64,
}
pipeline! {
    pub fn nested(text: String, ctx: &mut Outer, world: &World) -> String {
        let text = part(text);
        count(1);
        part(text).named("again")
    }
}
pipeline! {
    pub fn restarts_inner(text: String, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        let n = flaky(1).retries(0);
        format!("{text}{n}")
    }
}
pipeline! {
    pub fn restarts(text: String, ctx: &mut State, world: &World) -> String {
        let text = restarts_inner(text).retries(2);
        echo(text)
    }
}
pipeline! {
    pub fn joined(text: String, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        let (a, b, c) = join(
            add(format!("{text}1")).named("one"),
            {
                let two = add(format!("{text}2")).named("two");
                count(5);
                write(two)
            },
            { let l = label(text.clone()); l.name },
        );
        add(format!("{a} {b} {c}")).named("last")
    }
}
pipeline! {
    pub fn joins_inner(text: String, ctx: &mut State, world: &World) -> String {
        let (a, b) = join(add(text.clone()), add(format!("{text}'")).named("second"));
        echo(format!("{a}{b}"))
    }
}
pipeline! {
    pub fn joins_nested(text: String, ctx: &mut State, world: &World) -> String {
        let (a, b) = join(joins_inner(text.clone()), {
            let text = add(text.clone());
            let (c, d) = join(
                joins_inner(text.clone()).named("deep"),
                count(1),
            );
            format!("{c}{d}")
        });
        echo(format!("{a} {b}"))
    }
}
pipeline! {
    pub fn join_settles(text: String, ctx: &mut State, world: &World) -> String {
        let (a, b) = join(
            { let text = add(text.clone()); broken(text) },
            add(text.clone()).named("good"),
        ).settle();
        format!("{:?} {:?}", a.unwrap_err().message, b)
    }
}
pipeline! {
    pub fn join_fails(text: String, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        let (a, b) = join(add(text.clone()).named("good"), { let t = add(text).named("then"); broken(t) });
        format!("{a}{b}")
    }
}
pipeline! {
    pub fn asks(text: String, ctx: &mut State, world: &World) -> String {
        let first: String = ask("first?");
        let text = add(format!("{text}{first}"));
        let last: u32 = ask(format!("{text}?"));
        format!("{text}{last}")
    }
}
pipeline! {
    pub fn asks_in_branches(text: String, ctx: &mut State, world: &World) -> String {
        match text.as_str() {
            "never" => fail("never"),
            "nor this" => text,
            _ => {
                let text = add(text.clone());
                let reply: String = ask("in a branch?");
                let reply = echo(reply);
                format!("{text}{reply}")
            }
        }
    }
}
pipeline! {
    pub fn asks_in_arms(text: String, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        let (a, b, c) = join(
            { let a: String = ask("a?"); add(a).named("add_a") },
            {
                let text = add(format!("{text} b")).named("add_b");
                let b: u32 = ask("b?");
                count(5);
                format!("{text}{b}")
            },
            add(text.clone()).named("add_c"),
        );
        echo(format!("{a} {b} {c}"))
    }
}
pipeline! {
    pub fn asks_inner(text: String, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        let reply: String = ask(format!("{text}?"));
        write(reply)
    }
}
pipeline! {
    pub fn asks_in_pipelines(text: String, ctx: &mut State, world: &World) -> String {
        let one = asks_inner(text.clone());
        let (two, n) = join(asks_inner(one).named("arm"), count(2));
        echo(format!("{two}{n}"))
    }
}

pipeline! {
    pub fn repeats(text: String, ctx: &mut State, world: &World) -> String {
        let text = repeat(text, |text| {
            let text = add(format!("{text}!"));
            count(1);
            text
        }).until(|_| ctx.total == 3).max(4);
        let text = repeat(text, |text| {
            let text = repeat(text, write).until(|_| false).max(2).or_last();
            echo(text)
        }).until(|_| false).max(2).or_last().named("outer");
        add(text).named("last")
    }
}
pipeline! {
    pub fn repeat_ends(text: String, ctx: &mut State, world: &World) -> String {
        let text = repeat(text, |text| add(format!("{text}!"))).until(|_| false).max(2);
        echo(text)
    }
}
pipeline! {
    pub fn asks_in_rounds(text: String, ctx: &mut State, world: &World) -> String {
        let text = repeat(text, |text| {
            let (text, reply) = join(add(format!("{text}!")), { let reply: String = ask("more?"); reply });
            echo(format!("{text}{reply}"))
        }).until(|_| ctx.log.len() == 2).max(3);
        add(text).named("last")
    }
}

pipeline! {
    pub fn maps(text: String, ctx: &mut State, world: &World) -> String {
        let notes = map(text.repeat(3).chars(), |c| {
            let note = add(c.to_string());
            let label = label(note);
            count(2);
            label.name
        }).concurrency(2);
        add(notes.concat()).named("last")
    }
}
pipeline! {
    pub fn map_settles(text: String, ctx: &mut State, world: &World) -> String {
        let notes = map(["a", "b", "c"], |c| {
            let note = add(format!("{text}{c}"));
            if c == "b" { broken(note) } else { note }
        }).settle();
        add(format!("{:?}", notes.iter().map(Result::is_ok).collect::<Vec<_>>())).named("last")
    }
}
pipeline! {
    pub fn map_fails(text: String, ctx: &mut State, world: &World) -> String {
        let text = add(text);
        let notes = map(["a", "b", "c"], |c| {
            let note = add(format!("{text}{c}")).named("add_item");
            if c == "b" { broken(note) } else { note }
        }).concurrency(1);
        notes.concat()
    }
}
pipeline! {
    pub fn loop_in_map(text: String, ctx: &mut State, world: &World) -> String {
        let notes = map(0..2, |n| {
            let seed = format!("{text}{n}");
            repeat(seed, |text| add(format!("{text}!"))).until(|text| text.ends_with("!!")).max(3)
        });
        notes.concat()
    }
}
pipeline! {
    pub fn map_in_loop(text: String, ctx: &mut State, world: &World) -> String {
        repeat(text, |text| {
            let notes = map(text.chars(), |c| add(format!("{c}'")));
            notes.concat()
        }).until(|_| false).max(2).or_last()
    }
}
pipeline! {
    pub fn asks_in_items(text: String, ctx: &mut State, world: &World) -> String {
        let notes = map(["a", "b"], |c| {
            let note = add(format!("{text}{c}"));
            let reply: String = ask(format!("{note}?"));
            echo(format!("{note}{reply}"))
        });
        add(notes.concat()).named("last")
    }
}
pipeline! {
    pub fn routes(text: String, ctx: &mut State, world: &World) -> String {
        let notes = route(BTreeSet::from([Topic::Facts, Topic::Spam]), |topic| match topic {
            Topic::Spam => { let text = add(format!("{text} spam")); write(text) }
            Topic::Tone => add("never".to_owned()).named("tone"),
            Topic::Facts => { let n = count(3); value(n.to_string()) }
        });
        add(notes.concat()).named("last")
    }
}
pipeline! {
    pub fn asks_in_routes(text: String, ctx: &mut State, world: &World) -> String {
        let notes = route(BTreeSet::from([Topic::Facts, Topic::Spam]), |topic| match topic {
            Topic::Spam => { let reply: String = ask(format!("{text} spam?")); add(reply) }
            Topic::Tone => fail("never"),
            Topic::Facts => add(format!("{text} facts")).named("facts"),
        });
        notes.concat()
    }
}
pipeline! {
    pub fn gates(text: String, ctx: &mut State, world: &World) -> String {
        let text = gate(text, Never).strict(false).named("lenient");
        let text = add(text);
        gate(text, (Never,))
    }
}
/// Accepts nothing.
struct Never;
impl Validator<String> for Never {
    fn validate(&self, _: &String) -> ValidationResult {
        ValidationResult::invalid("never")
    }
}
pipeline! {
    pub fn waits(text: String, ctx: &mut State, world: &World) -> String {
        let (text, ()) = join(add(text), { wait("1min"); wait("2min").named("more"); });
        wait("1h").named("last");
        write(text)
    }
}
pipeline! {
    pub fn refines(text: String, ctx: &mut State, world: &World) -> String {
        let text = refine(
            |feedback| add(format!("{text} {feedback:?}")),
            |draft| {
                let n = count(1);
                let draft = echo(draft);
                if n == 3 { Critique::Accept } else { value(Critique::revise(format!("{n} {draft}"))) }
            },
        ).max(3);
        write(text)
    }
}
pipeline! {
    pub fn asks_in_refines(text: String, ctx: &mut State, world: &World) -> String {
        refine(|feedback| add(format!("{text} {feedback:?}")), |draft| {
            let verdict: Critique = ask(format!("{draft}?"));
            verdict
        }).max(2)
    }
}
