//! Made by `generator.rs`, by a seed. A test compares; `FLUJO_GENERATED=overwrite` makes it anew.

use crate::world::*;
use flujo::prelude::*;
use std::collections::BTreeSet;

pipeline! {
    pub fn p12(text: String, ctx: &mut State, world: &World) -> String {
        let v1 = repeat(text.clone(), |x1| {
            let v2 = add(x1.clone()).named("n2");
            count(1).named("m2");
            let v3 = map(["c"], |c3| {
                let y3 = format!("{v2}{c3}");
                let v4 = gate(y3.clone(), (Never,)).strict(false).named("n4");
                v4
            }).concurrency(1).timeout("1h").named("n3");
            let v3 = value(short(&v3.concat()));
            v3
        }).until(|x| x.len() > 20).max(2).or_last();
        let v5 = label(v1.clone()).named("n5");
        let v5 = v5.name;
        v5
    }
}

pipeline! {
    pub fn p13(text: String, ctx: &mut State, world: &World) -> String {
        let v1 = refine(|f1| {
            let y1 = format!("{text}{}", f1.is_some());
            let v2: String = ask(format!("{y1}?"));
            let v3 = route(BTreeSet::from([Topic::Facts, Topic::Spam]), |topic| match topic {
                Topic::Spam => {
                let v4 = v2.clone() >> add.named("n4") >> echo.named("m4");
                v4
            }
                Topic::Tone => v2.clone(),
                Topic::Facts => {
                let v5 = broken(v2.clone()).fallback(echo).named("n5");
                v5
            }
            }).named("n3");
            let v3 = value(short(&v3.concat()));
            v3
        }, |x1| {
            let z1 = {
            let v6 = broken(x1.clone()).settle().named("n6");
            let v6 = format!("{x1}{}", v6.is_err());
            let v7 = repeat(v6.clone(), |x7| {
                let v8 = x7.clone() >> add.named("n8") >> echo.named("m8");
                let v9 = v8.clone() >> add.named("n9") >> echo.named("m9");
                v9
            }).until(|x| x.len() > 20).max(2).or_last();
            v7
        };
            value(if z1.ends_with('!') { Critique::Accept } else { Critique::revise("more") })
        }).max(2).or_last();
        let v10 = stops(v1.clone()).settle().named("n10");
        let v10 = format!("{v1}{}", v10.is_err());
        v10
    }
}

pipeline! {
    pub fn p14(text: String, ctx: &mut State, world: &World) -> String {
        let v1 = map(["a", "b"], |c1| {
            let y1 = format!("{text}{c1}");
            let v2 = label(y1.clone()).named("n2");
            let v2 = v2.name;
            v2
        }).named("n1");
        let v1 = value(short(&v1.concat()));
        wait("1ms").named("n3");
        let v3 = v1.clone();
        v3
    }
}

pipeline! {
    pub fn p15(text: String, ctx: &mut State, world: &World) -> String {
        let v1 = route(BTreeSet::from([Topic::Facts, Topic::Spam]), |topic| match topic {
            Topic::Spam => {
            let v2 = route(BTreeSet::from([Topic::Facts, Topic::Spam]), |topic| match topic {
                Topic::Spam => {
                let v3 = echo(text.clone()).cached(forever).named("n3");
                v3
            }
                Topic::Tone => text.clone(),
                Topic::Facts => {
                let v4 = label(text.clone()).named("n4");
                let v4 = v4.name;
                let v5 = asks(v4.clone()).named("n5");
                v5
            }
            }).named("n2");
            let v2 = value(short(&v2.concat()));
            v2
        }
            Topic::Tone => text.clone(),
            Topic::Facts => {
            let v6 = flaky(text.clone()).named("n6");
            let v7 = repeat(v6.clone(), |x7| {
                let v8 = restarts(x7.clone()).retries(2).named("n8");
                let v9 = add(v8.clone()).named("n9");
                count(1).named("m9");
                v9
            }).until(|_| true).max(1).limits(UsageLimits::NONE.model_calls(1_000)).named("n7");
            v7
        }
        }).named("n1");
        let v1 = value(short(&v1.concat()));
        let v10 = asks(v1.clone()).named("n10");
        v10
    }
}

pipeline! {
    pub fn p16(text: String, ctx: &mut State, world: &World) -> String {
        let v1 = map(["c"], |c1| {
            let y1 = format!("{text}{c1}");
            let v2 = refine(|f2| {
                let y2 = format!("{y1}{}", f2.is_some());
                let v3 = stops(y2.clone()).settle().named("n3");
                let v3 = format!("{y2}{}", v3.is_err());
                let v4 = flaky(v3.clone()).named("n4");
                v4
            }, |x2| {
                let z2 = {
                wait("1ms").named("n5");
                let v5 = x2.clone();
                let v6 = add(v5.clone()).named("n6");
                count(1).named("m6");
                v6
            };
                value(if z2.ends_with('!') { Critique::Accept } else { Critique::revise("more") })
            }).max(2).or_last();
            let (a7, b7) = join({
                let v8 = v2.clone() >> add.named("n8") >> echo.named("m8");
                let v9 = broken(v8.clone()).fallback(echo).named("n9");
                v9
            }, {
                let v10 = broken(v2.clone()).fallback(echo).named("n10");
                let v11 = asks(v10.clone()).named("n11");
                v11
            });
            let v7 = value(short(&format!("{a7}{b7}")));
            v7
        }).concurrency(1).timeout("1h").named("n1");
        let v1 = value(short(&v1.concat()));
        let v12 = v1.clone() >> add.named("n12") >> echo.named("m12");
        v12
    }
}

pipeline! {
    pub fn p17(text: String, ctx: &mut State, world: &World) -> String {
        let v1 = repeat(text.clone(), |x1| {
            let v2 = broken(x1.clone()).settle().named("n2");
            let v2 = format!("{x1}{}", v2.is_err());
            v2
        }).until(|_| true).max(1).limits(UsageLimits::NONE.model_calls(1_000)).named("n1");
        let v3 = add(v1.clone()).named("n3");
        count(1).named("m3");
        v3
    }
}

pipeline! {
    pub fn p18(text: String, ctx: &mut State, world: &World) -> String {
        let v1 = if text.len() % 2 == 1 {
            let v2 = repeat(text.clone(), |x2| {
                let v3 = add(x2.clone()).named("n3");
                count(1).named("m3");
                v3
            }).until(|x| x.len() > 20).max(2).or_last();
            let v4 = repeat(v2.clone(), |x4| {
                wait("1ms").named("n5");
                let v5 = x4.clone();
                let v6 = label(v5.clone()).named("n6");
                let v6 = v6.name;
                v6
            }).until(|x| x.len() > 20).max(2).or_last();
            v4
        } else {
            let v7 = if text.len() % 2 == 1 {
                let v8 = echo(text.clone()).cached(forever).named("n8");
                v8
            } else {
                let v9 = add(text.clone()).named("n9");
                count(1).named("m9");
                let v10 = echo(v9.clone()).cached(forever).named("n10");
                v10
            };
            v7
        };
        let v11 = v1.clone() >> add.named("n11") >> echo.named("m11");
        v11
    }
}

pipeline! {
    pub fn p19(text: String, ctx: &mut State, world: &World) -> String {
        let v1 = match text.len() % 3 {
            1 => {
            let v2 = repeat(text.clone(), |x2| {
                let v3 = label(x2.clone()).named("n3");
                let v3 = v3.name;
                v3
            }).until(|x| x.len() > 20).max(2).or_last();
            v2
        }
            _ => {
            let v4 = if text.len() % 2 == 1 {
                let v5 = asks(text.clone()).named("n5");
                v5
            } else {
                let v6 = stops(text.clone()).settle().named("n6");
                let v6 = format!("{text}{}", v6.is_err());
                v6
            };
            v4
        }
        };
        let v7 = echo(v1.clone()).cached(forever).named("n7");
        v7
    }
}

pipeline! {
    pub fn p20(text: String, ctx: &mut State, world: &World) -> String {
        let (a1, b1) = join({
            let v2 = route(BTreeSet::from([Topic::Facts, Topic::Spam]), |topic| match topic {
                Topic::Spam => {
                let v3 = text.clone() >> add.named("n3") >> echo.named("m3");
                v3
            }
                Topic::Tone => text.clone(),
                Topic::Facts => {
                let v4 = broken(text.clone()).fallback(echo).named("n4");
                v4
            }
            }).named("n2");
            let v2 = value(short(&v2.concat()));
            v2
        }, {
            let v5 = repeat(text.clone(), |x5| {
                let v6 = restarts(x5.clone()).retries(2).named("n6");
                v6
            }).until(|_| true).max(1).limits(UsageLimits::NONE.model_calls(1_000)).named("n5");
            let v7 = broken(v5.clone()).fallback(echo).named("n7");
            v7
        });
        let v1 = value(short(&format!("{a1}{b1}")));
        let v8 = stops(v1.clone()).settle().named("n8");
        let v8 = format!("{v1}{}", v8.is_err());
        v8
    }
}

pipeline! {
    pub fn p21(text: String, ctx: &mut State, world: &World) -> String {
        let v1 = repeat(text.clone(), |x1| {
            let v2 = restarts(x1.clone()).retries(2).named("n2");
            let (a3, b3) = join({
                let v4 = label(v2.clone()).named("n4");
                let v4 = v4.name;
                let v5 = label(v4.clone()).named("n5");
                let v5 = v5.name;
                v5
            }, {
                let v6 = flaky(v2.clone()).named("n6");
                v6
            });
            let v3 = value(short(&format!("{a3}{b3}")));
            v3
        }).until(|x| x.len() > 20).max(2).or_last();
        let v7 = add(v1.clone()).named("n7");
        count(1).named("m7");
        v7
    }
}

pipeline! {
    pub fn p22(text: String, ctx: &mut State, world: &World) -> String {
        let v1 = refine(|f1| {
            let y1 = format!("{text}{}", f1.is_some());
            let v2 = map(["c"], |c2| {
                let y2 = format!("{y1}{c2}");
                let v3 = add(y2.clone()).named("n3");
                count(1).named("m3");
                v3
            }).concurrency(1).timeout("1h").named("n2");
            let v2 = value(short(&v2.concat()));
            v2
        }, |x1| {
            let z1 = {
            let v4 = gate(x1.clone(), (Never,)).strict(false).named("n4");
            v4
        };
            value(if z1.ends_with('!') { Critique::Accept } else { Critique::revise("more") })
        }).max(2).or_last();
        let v5 = add(v1.clone()).named("n5");
        count(1).named("m5");
        v5
    }
}

pipeline! {
    pub fn p23(text: String, ctx: &mut State, world: &World) -> String {
        let v1 = map(["a", "b"], |c1| {
            let y1 = format!("{text}{c1}");
            let v2 = stops(y1.clone()).settle().named("n2");
            let v2 = format!("{y1}{}", v2.is_err());
            let v3 = repeat(v2.clone(), |x3| {
                let v4 = restarts(x3.clone()).retries(2).named("n4");
                v4
            }).until(|_| true).max(1).limits(UsageLimits::NONE.model_calls(1_000)).named("n3");
            v3
        }).named("n1");
        let v1 = value(short(&v1.concat()));
        wait("1ms").named("n5");
        let v5 = v1.clone();
        v5
    }
}
