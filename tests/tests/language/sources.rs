//! Where steps come from, and how long a body may be.

use super::*;

// ---- where steps come from

macro_rules! twice {
    ($name:ident, $step:path, $ctx:ident) => {
        pipeline! {
            fn $name(text: String, $ctx: &mut Moderation) -> String {
                let text = $step(text);
                let n = $ctx.seen;
                $step(format!("{text}{n}{}", $ctx.threshold)).named("second")
            }
        }
    };
}
twice!(kept_twice, keep, context);

macro_rules! fixed {
    ($name:ident) => {
        pipeline! {
            fn $name(text: String, ctx: &mut Moderation) -> String {
                let kept = keep(text);
                steps::write_all(format!("{kept}{}", ctx.threshold))
            }
        }
    };
}
fixed!(kept_once);

#[tokio::test]
async fn macros_write_pipelines() {
    let mut ctx = Moderation::default();
    assert_eq!(kept_twice("a".into()).run(&mut ctx, &()).await.unwrap(), "a00");
    assert_eq!(kept_once("a".into()).run(&mut ctx, &()).await.unwrap(), "a0");
}

#[tokio::test]
async fn steps_and_pipelines_may_be_local() {
    #[step]
    async fn local(text: String) -> Result<String> {
        Ok(text + "!")
    }
    const AGAIN: u32 = 1;
    pipeline! {
        fn local_pipeline(text: String) -> String {
            text >> local.retries(AGAIN) >> shout
        }
    }
    assert_eq!(run(local_pipeline("a".into())).await.unwrap(), "A!");
    assert_eq!(local_pipeline::BOUNDS.step_runs, Some(3));
}

pub(crate) mod elsewhere {
    flujo::pipeline! {
        /// Called by its path.
        pub(crate) fn publish(text: String) -> String {
            super::shout(text)
        }
    }
}

pipeline! {
    pub(crate) fn calls_elsewhere(text: String) -> String {
        let text = self::elsewhere::publish(text);
        let text = crate::keep(text);
        r#type(text)
    }
}

#[step]
async fn r#type(text: String) -> Result<String> {
    Ok(text + ".")
}

#[tokio::test]
async fn paths_of_all_kinds_are_called() {
    assert_eq!(run(calls_elsewhere("a".into())).await.unwrap(), "A.");
    let ids: Vec<_> = calls_elsewhere::GRAPH.walk().into_iter().map(|(path, _)| path).collect();
    assert_eq!(
        ids,
        [
            "calls_elsewhere/publish",
            "calls_elsewhere/publish/shout",
            "calls_elsewhere/keep",
            "calls_elsewhere/type"
        ]
    );
}

// ---- long bodies

pipeline! {
    pub(crate) fn long(text: String, ctx: &mut Moderation) -> String {
        let first = text.clone();
        let t = keep(text);
        let t = keep(t).named("a01"); let t = keep(t).named("a02"); let t = keep(t).named("a03");
        let t = keep(t).named("a04"); let t = keep(t).named("a05"); let t = keep(t).named("a06");
        let t = keep(t).named("a07"); let t = keep(t).named("a08"); let t = keep(t).named("a09");
        let t = keep(t).named("a10"); let t = keep(t).named("a11"); let t = keep(t).named("a12");
        let kept = t.clone();
        let t = keep(t).named("a13"); let t = keep(t).named("a14"); let t = keep(t).named("a15");
        let t = keep(t).named("a16"); let t = keep(t).named("a17"); let t = keep(t).named("a18");
        let t = keep(t).named("a19"); let t = keep(t).named("a20"); let t = keep(t).named("a21");
        let t = keep(t).named("a22"); let t = keep(t).named("a23"); let t = keep(t).named("a24");
        let t = keep(t).named("a25"); let t = keep(t).named("a26"); let t = keep(t).named("a27");
        steps::write_all(t.clone());
        let Some(c) = first.chars().next() else { fail("empty") };
        let t = t >> keep.named("b01") >> keep.named("b02") >> keep.named("b03") >> keep.named("b04")
            >> keep.named("b05") >> keep.named("b06") >> keep.named("b07") >> keep.named("b08")
            >> keep.named("b09") >> keep.named("b10") >> keep.named("b11") >> keep.named("b12")
            >> keep.named("b13") >> keep.named("b14") >> keep.named("b15") >> keep.named("b16")
            >> keep.named("b17") >> keep.named("b18") >> keep.named("b19") >> keep.named("b20")
            >> keep.named("b21") >> keep.named("b22") >> keep.named("b23") >> keep.named("b24")
            >> keep.named("b25") >> keep.named("b26");
        let t = keep(t).named("c01"); let t = keep(t).named("c02"); let t = keep(t).named("c03");
        value(format!("{first}{c}{kept}{t}{}", ctx.threshold))
    }
}

#[tokio::test]
async fn a_body_may_be_long() {
    let mut ctx = Moderation::default();
    assert_eq!(long("a".into()).run(&mut ctx, &()).await.unwrap(), "aaaa1");
    assert_eq!(long(String::new()).run(&mut ctx, &()).await.unwrap_err().to_string(), "long: empty");
    assert_eq!(long::BOUNDS.step_runs, Some(58));
}
