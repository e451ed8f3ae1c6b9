//! Steps and pipelines, one after the other.

use crate::clerks::{clerk, compose, keep, keep_checked};
use crate::library::{advised, choosy};
use crate::pieces::{Adds, Never, Quiet, careful, research, shouts, whispers};
use crate::world::*;
use flujo::prelude::*;

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
    pub fn asks_before_tools(text: String, ctx: &mut State, world: &World) -> String {
        let found = careful(text);
        add(found.name)
    }
}
pipeline! {
    pub fn clerks(text: String, ctx: &mut State, world: &World) -> String {
        let found = clerk(text);
        add(found.name)
    }
}
pipeline! {
    pub fn lends(text: String, ctx: &mut State, world: &World) -> String {
        let question = format!("Keep of {text}?");
        let found = clerk(text).tools([keep.ask_first(&question), keep_checked, compose]).tool_rounds(2);
        add(found.name)
    }
}
pipeline! {
    pub fn several(text: String, ctx: &mut State, world: &World) -> String {
        let found = choosy(text);
        add(found.name)
    }
}
pipeline! {
    pub fn consults(text: String, ctx: &mut State, world: &World) -> String {
        let found = advised(text);
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
    pub n: u8,
    #[context(part, merge = append)]
    log: Vec<String>,
}
#[context]
#[derive(Debug, Default, PartialEq)]
pub struct Outer {
    #[context(part)]
    pub inner: Inner,
    #[context(part, merge = sum)]
    pub total: u64,
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
