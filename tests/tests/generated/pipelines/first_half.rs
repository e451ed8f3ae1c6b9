//! Made by `generator.rs`, by a seed. A test compares; `FLUJO_GENERATED=overwrite` makes it anew.

use crate::world::*;
use flujo::prelude::*;
use std::collections::BTreeSet;

pipeline! {
    pub fn p00(text: String, ctx: &mut State, world: &World) -> String {
        let v1 = if text.len() % 2 == 1 {
            let v2 = refine(|f2| {
                let y2 = format!("{text}{}", f2.is_some());
                let v3: String = ask(format!("{y2}?"));
                wait("1ms").named("n4");
                let v4 = v3.clone();
                v4
            }, |x2| {
                let z2 = {
                let v5 = broken(x2.clone()).settle().named("n5");
                let v5 = format!("{x2}{}", v5.is_err());
                let v6 = gate(v5.clone(), (Never,)).strict(false).named("n6");
                v6
            };
                value(if z2.ends_with('!') { Critique::Accept } else { Critique::revise("more") })
            }).max(2).or_last();
            v2
        } else {
            let v7 = restarts(text.clone()).retries(2).named("n7");
            v7
        };
        let v8 = echo(v1.clone()).cached(forever).named("n8");
        v8
    }
}

pipeline! {
    pub fn p01(text: String, ctx: &mut State, world: &World) -> String {
        let v1 = match text.len() % 3 {
            1 => {
            let v2: String = ask(format!("{text}?"));
            v2
        }
            _ => {
            let v3 = repeat(text.clone(), |x3| {
                let v4: String = ask(format!("{x3}?"));
                v4
            }).until(|x| x.len() > 20).max(2).or_last();
            v3
        }
        };
        let v5 = v1.clone() >> add.named("n5") >> echo.named("m5");
        v5
    }
}

pipeline! {
    pub fn p02(text: String, ctx: &mut State, world: &World) -> String {
        let (a1, b1) = join({
            let v2: String = ask(format!("{text}?"));
            v2
        }, {
            let v3 = map(["a", "b"], |c3| {
                let y3 = format!("{text}{c3}");
                let v4 = label(y3.clone()).named("n4");
                let v4 = v4.name;
                let v5 = broken(v4.clone()).fallback(echo).named("n5");
                v5
            }).named("n3");
            let v3 = value(short(&v3.concat()));
            let v6 = match v3.len() % 3 {
                1 => {
                let v7 = add(v3.clone()).named("n7");
                count(1).named("m7");
                v7
            }
                _ => {
                let v8: String = ask(format!("{v3}?"));
                v8
            }
            };
            v6
        });
        let v1 = value(short(&format!("{a1}{b1}")));
        let v9 = v1.clone() >> add.named("n9") >> echo.named("m9");
        v9
    }
}

pipeline! {
    pub fn p03(text: String, ctx: &mut State, world: &World) -> String {
        let v1 = repeat(text.clone(), |x1| {
            let v2: String = ask(format!("{x1}?"));
            v2
        }).until(|x| x.len() > 20).max(2).or_last();
        let v3 = asks(v1.clone()).named("n3");
        v3
    }
}

pipeline! {
    pub fn p04(text: String, ctx: &mut State, world: &World) -> String {
        let v1 = refine(|f1| {
            let y1 = format!("{text}{}", f1.is_some());
            let v2: String = ask(format!("{y1}?"));
            let v3 = map(["a", "b"], |c3| {
                let y3 = format!("{v2}{c3}");
                let v4 = broken(y3.clone()).settle().named("n4");
                let v4 = format!("{y3}{}", v4.is_err());
                let v5 = label(v4.clone()).named("n5");
                let v5 = v5.name;
                v5
            }).named("n3");
            let v3 = value(short(&v3.concat()));
            v3
        }, |x1| {
            let z1 = {
            let v6 = broken(x1.clone()).settle().named("n6");
            let v6 = format!("{x1}{}", v6.is_err());
            v6
        };
            value(if z1.ends_with('!') { Critique::Accept } else { Critique::revise("more") })
        }).max(2).or_last();
        wait("1ms").named("n7");
        let v7 = v1.clone();
        v7
    }
}

pipeline! {
    pub fn p05(text: String, ctx: &mut State, world: &World) -> String {
        let v1 = map(["a", "b"], |c1| {
            let y1 = format!("{text}{c1}");
            let v2 = map(["a", "b"], |c2| {
                let y2 = format!("{y1}{c2}");
                let v3: String = ask(format!("{y2}?"));
                v3
            }).named("n2");
            let v2 = value(short(&v2.concat()));
            let v4 = repeat(v2.clone(), |x4| {
                let v5 = x4.clone() >> add.named("n5") >> echo.named("m5");
                let v6 = asks(v5.clone()).named("n6");
                v6
            }).until(|x| x.len() > 20).max(2).or_last();
            v4
        }).named("n1");
        let v1 = value(short(&v1.concat()));
        let v7 = asks(v1.clone()).named("n7");
        v7
    }
}

pipeline! {
    pub fn p06(text: String, ctx: &mut State, world: &World) -> String {
        let v1 = route(BTreeSet::from([Topic::Facts, Topic::Spam]), |topic| match topic {
            Topic::Spam => {
            let v2 = map(["a", "b"], |c2| {
                let y2 = format!("{text}{c2}");
                let v3: String = ask(format!("{y2}?"));
                wait("1ms").named("n4");
                let v4 = v3.clone();
                v4
            }).named("n2");
            let v2 = value(short(&v2.concat()));
            v2
        }
            Topic::Tone => text.clone(),
            Topic::Facts => {
            let v5 = refine(|f5| {
                let y5 = format!("{text}{}", f5.is_some());
                let v6 = add(y5.clone()).named("n6");
                count(1).named("m6");
                let v7 = flaky(v6.clone()).named("n7");
                v7
            }, |x5| {
                let z5 = {
                let v8 = x5.clone() >> add.named("n8") >> echo.named("m8");
                let v9 = broken(v8.clone()).settle().named("n9");
                let v9 = format!("{v8}{}", v9.is_err());
                v9
            };
                value(if z5.ends_with('!') { Critique::Accept } else { Critique::revise("more") })
            }).max(2).or_last();
            v5
        }
        }).named("n1");
        let v1 = value(short(&v1.concat()));
        let v10 = label(v1.clone()).named("n10");
        let v10 = v10.name;
        v10
    }
}

pipeline! {
    pub fn p07(text: String, ctx: &mut State, world: &World) -> String {
        let v1 = map(["c"], |c1| {
            let y1 = format!("{text}{c1}");
            let v2: String = ask(format!("{y1}?"));
            v2
        }).concurrency(1).timeout("1h").named("n1");
        let v1 = value(short(&v1.concat()));
        let v3 = restarts(v1.clone()).retries(2).named("n3");
        v3
    }
}

pipeline! {
    pub fn p08(text: String, ctx: &mut State, world: &World) -> String {
        let v1 = repeat(text.clone(), |x1| {
            let v2 = repeat(x1.clone(), |x2| {
                let v3: String = ask(format!("{x2}?"));
                v3
            }).until(|x| x.len() > 20).max(2).or_last();
            v2
        }).until(|_| true).max(1).limits(UsageLimits::NONE.model_calls(1_000)).named("n1");
        let v4 = v1.clone() >> add.named("n4") >> echo.named("m4");
        v4
    }
}

pipeline! {
    pub fn p09(text: String, ctx: &mut State, world: &World) -> String {
        let v1 = if text.len() % 2 == 1 {
            let v2 = stops(text.clone()).settle().named("n2");
            let v2 = format!("{text}{}", v2.is_err());
            v2
        } else {
            let v3 = flaky(text.clone()).named("n3");
            v3
        };
        let v4 = flaky(v1.clone()).named("n4");
        v4
    }
}

pipeline! {
    pub fn p10(text: String, ctx: &mut State, world: &World) -> String {
        let v1 = match text.len() % 3 {
            1 => {
            let v2 = map(["a", "b"], |c2| {
                let y2 = format!("{text}{c2}");
                let v3 = broken(y2.clone()).settle().named("n3");
                let v3 = format!("{y2}{}", v3.is_err());
                wait("1ms").named("n4");
                let v4 = v3.clone();
                v4
            }).named("n2");
            let v2 = value(short(&v2.concat()));
            v2
        }
            _ => {
            let v5 = match text.len() % 3 {
                1 => {
                let v6 = text.clone() >> add.named("n6") >> echo.named("m6");
                v6
            }
                _ => {
                wait("1ms").named("n7");
                let v7 = text.clone();
                v7
            }
            };
            v5
        }
        };
        let v8 = label(v1.clone()).named("n8");
        let v8 = v8.name;
        v8
    }
}

pipeline! {
    pub fn p11(text: String, ctx: &mut State, world: &World) -> String {
        let (a1, b1) = join({
            let v2 = match text.len() % 3 {
                1 => {
                let v3 = asks(text.clone()).named("n3");
                let v4 = broken(v3.clone()).settle().named("n4");
                let v4 = format!("{v3}{}", v4.is_err());
                v4
            }
                _ => {
                let v5 = add(text.clone()).named("n5");
                count(1).named("m5");
                let v6 = v5.clone() >> add.named("n6") >> echo.named("m6");
                v6
            }
            };
            let (a7, b7) = join({
                let v8 = flaky(v2.clone()).named("n8");
                v8
            }, {
                let v9 = broken(v2.clone()).fallback(echo).named("n9");
                let v10 = stops(v9.clone()).settle().named("n10");
                let v10 = format!("{v9}{}", v10.is_err());
                v10
            });
            let v7 = value(short(&format!("{a7}{b7}")));
            v7
        }, {
            let v11 = route(BTreeSet::from([Topic::Facts, Topic::Spam]), |topic| match topic {
                Topic::Spam => {
                let v12 = stops(text.clone()).settle().named("n12");
                let v12 = format!("{text}{}", v12.is_err());
                v12
            }
                Topic::Tone => text.clone(),
                Topic::Facts => {
                let v13 = text.clone() >> add.named("n13") >> echo.named("m13");
                let v14: String = ask(format!("{v13}?"));
                v14
            }
            }).named("n11");
            let v11 = value(short(&v11.concat()));
            let v15 = add(v11.clone()).named("n15");
            count(1).named("m15");
            v15
        });
        let v1 = value(short(&format!("{a1}{b1}")));
        let v16 = asks(v1.clone()).named("n16");
        v16
    }
}
