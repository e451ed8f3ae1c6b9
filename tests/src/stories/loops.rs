//! Rounds and items.

use crate::world::*;
use flujo::prelude::*;

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
