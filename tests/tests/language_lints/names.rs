//! Only names.

#![allow(
    dead_code,
    missing_docs,
    missing_debug_implementations,
    missing_copy_implementations,
    reason = "only names"
)]

macro_rules! structs {
    ($($name:ident)*) => { $(struct $name;)* };
}
structs! {
    Result Option Step StepCall StepInfo Cx Vec Ok Err Some None String Box Future Send Sync Clone Bounds Graph Node
    NodeKind Edge Facts Policy Probe Error RunIn RunResult Approval Duration Tool ToolSet ToolIn Context Contains Provides Pipeline WritesIn Takes
}
mod core {}
mod std {}
mod alloc {}

type Text = ::std::string::String;

#[::flujo::step]
async fn run(text: Text) -> ::flujo::Result<Text> {
    ::core::result::Result::Ok(text)
}

#[::flujo::step]
async fn file(text: Text) -> ::flujo::Result<Text> {
    ::core::result::Result::Ok(text)
}

#[::flujo::step(model = "test:small", tools = [run.ask_first("May it?").timeout("1h", ::flujo::Approval::Allow), odd])]
fn asks(text: Text) -> ::flujo::Prompt<Text> {
    ::flujo::Prompt::ask(text)
}

::flujo::pipeline! {
    fn odd(__cx: Text, __call: Text, __value: u8) -> Text {
        let __piped = run(__cx);
        let __out = file(__call);
        let (line, error) = join(run(__out).named("line"), run(__piped).named("error"));
        value(format!("{line}{error}{__value}"))
    }
}

::flujo::pipeline! {
    fn moderate(cx: Text, call: Text) -> Text {
        let value = run(cx);
        let piped = call >> file;
        let out: u8 = ask(value.clone());
        value(format!("{value}{piped}{out}"))
    }
}

#[tokio::test]
async fn they_do_not_get_in_the_way() {
    let out = odd("a".into(), "b".into(), 1).run(&mut (), &()).await.map_err(|error| error.to_string());
    assert_eq!(out, ::core::result::Result::Ok("ba1".into()));
    drop::<::flujo::StepCall<moderate>>(moderate(Text::new(), Text::new()));
}

/// Forms among such names.
mod in_forms {
    use super::*;
    use ::std::collections::BTreeSet;

    structs! { Feedback Critique Failure Duration Own Mapped ItemFork MapPoint ForkPoint Validator }
    mod flujo {}

    macro_rules! not_ours {
        ($($name:ident)*) => { $(
            #[allow(unused_macros, reason = "only names")]
            macro_rules! $name { () => { compile_error!("the user's own macro") }; }
        )* };
    }
    not_ours! { format line file column unreachable panic todo matches stringify concat }

    #[derive(
        PartialEq,
        Eq,
        PartialOrd,
        Ord,
        ::core::clone::Clone,
        ::flujo::serde::Serialize,
        ::flujo::serde::Deserialize,
    )]
    #[serde(crate = "::flujo::serde")]
    enum Kind {
        Ok,
        Err,
        None,
    }

    #[::flujo::step]
    async fn write(draft: ::core::option::Option<::flujo::Feedback>) -> ::flujo::Result<Text> {
        ::core::result::Result::Ok(draft.map_or_else(Text::new, |said| said.to_string()))
    }

    #[::flujo::step]
    async fn review(feedback: Text) -> ::flujo::Result<::flujo::Critique> {
        ::core::result::Result::Ok(if feedback.is_empty() {
            ::flujo::Critique::revise("more")
        } else {
            ::flujo::Critique::Accept
        })
    }

    struct Any;
    impl<T> ::flujo::Validator<T> for Any {
        fn validate(&self, _: &T) -> ::flujo::ValidationResult {
            ::flujo::ValidationResult::valid()
        }
    }

    ::flujo::pipeline! {
        fn rounds(round: Text, max: Text, state: Text) -> Text {
            let next = repeat(round, |next| run(next)).until(|last| last.is_empty() || max == state).max(2);
            let inner = refine(|feedback| write(feedback), |draft| review(draft)).max(3);
            let __round = repeat(inner, |__state| {
                let __next = run(__state).named("again");
                value(__next + &next)
            })
            .until(|__max| *__max != state)
            .max(1)
            .named("round");
            let ended = refine(
                |revised| {
                    let feedback = write(revised).named("draft");
                    value(feedback)
                },
                |critique| review(critique).named("critique"),
            )
            .max(2)
            .timeout("20s")
            .settle()
            .named("given");
            match ended {
                ::core::result::Result::Ok(draft) => value(draft + &__round),
                ::core::result::Result::Err(failure) => failure.message,
            }
        }
    }

    ::flujo::pipeline! {
        fn each(items: ::std::vec::Vec<Text>, set: BTreeSet<Kind>) -> Text {
            let item = map(items.clone(), |own| {
                let scope = run(own);
                let fork = value(scope.clone());
                let point = value(scope + &fork);
                file(point)
            })
            .max(9)
            .concurrency(2);
            let mapped = map(items, |(one)| file(one).named("mapped_file")).timeout("20s").settle().named("width");
            let done = route(set, |inner| match inner {
                Kind::Ok => run(item.concat()).named("one"),
                Kind::Err => {
                    let value = file(item.concat()).named("two");
                    value
                }
                Kind::None => value(Text::new()),
            });
            let validators = gate(done.concat(), Any).named("strict");
            let wait_for = value(::core::time::Duration::from_nanos(1));
            wait(wait_for).named("wait_for");
            value(validators + &mapped.len().to_string())
        }
    }

    #[tokio::test]
    async fn they_do_not_get_in_the_way() {
        let out = rounds("a".into(), "b".into(), "b".into()).run(&mut (), &()).await;
        assert_eq!(out.map_err(|error| error.to_string()), ::core::result::Result::Ok("moremorea".into()));
        let set = BTreeSet::from([Kind::Err, Kind::Ok]);
        let call = each(::std::vec!["a".into(), "b".into()], set);
        let ended = call.run(&mut (), &()).await.map_err(|error| error.to_string());
        assert_eq!(ended, ::core::result::Result::Ok("aabbaabb2".into()));
    }
}

/// A context may have any of the names that generated code binds.
mod contexts {
    use crate::forms::{Long, State, keep, note, review, write};
    use flujo::prelude::*;

    macro_rules! contexts {
        ($($name:ident)*) => { $(
            mod $name {
                use super::*;

                pipeline! {
                    pub(super) fn all(first: String, $name: &mut State) -> String {
                        let (left, right) = join(note(first.clone()), { keep(first) });
                        let long = repeat(left, |seed| note(seed).named("noted"))
                            .until(|last| last.len() > 1 || $name.seen > 1)
                            .max(2);
                        let drafted = refine(|said| write(said), |made| review(made)).max(2).settle();
                        let many = map(vec![long, right], |one| keep(one).named("kept")).named("many");
                        let passed = gate(many.concat(), Long);
                        let end = passed >> keep.named("end");
                        value(format!("{end}{}{}", $name.seen, drafted.is_ok()))
                    }
                }
            }
        )*

        #[tokio::test]
        async fn they_do_not_get_in_the_way() {
            $(
                let mut state = State::default();
                let ended = $name::all("a".to_owned()).run(&mut state, &()).await;
                assert_eq!(ended.ok().as_deref(), Some("aa2true"));
            )*
        }
        };
    }
    contexts! {
        cx ctx input call value error piped question out default arm state round next given max feedback draft
        critique items item own mapped done set validators strict scope point joined inner fork
        state3 round3 inner3 max3 fork0_0 call0_0
    }
}
