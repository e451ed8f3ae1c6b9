//! Arms beside each other.

use crate::world::*;
use flujo::prelude::*;

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
