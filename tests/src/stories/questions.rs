//! Questions, wherever they are asked.

use crate::world::*;
use flujo::prelude::*;

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
