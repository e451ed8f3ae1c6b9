//! Arms that a set selects.

use crate::pieces::Topic;
use crate::world::*;
use flujo::prelude::*;
use std::collections::BTreeSet;

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
