//! What `pipeline!` makes warns of nothing, however strict the user's crate is, and whatever the user's
//! names are.

#![deny(
    warnings,
    missing_docs,
    unreachable_pub,
    missing_debug_implementations,
    missing_copy_implementations,
    unused_qualifications,
    single_use_lifetimes,
    unnameable_types,
    trivial_casts,
    trivial_numeric_casts,
    let_underscore_drop,
    elided_lifetimes_in_paths,
    rust_2018_idioms,
    unsafe_code,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::allow_attributes_without_reason,
    clippy::shadow_unrelated,
    clippy::shadow_same,
    clippy::same_name_method,
    clippy::min_ident_chars,
    clippy::let_underscore_untyped,
    clippy::multiple_inherent_impl,
    clippy::question_mark_used,
    clippy::default_numeric_fallback,
    clippy::std_instead_of_core,
    clippy::str_to_string,
    clippy::large_futures
)]
#![allow(
    clippy::unused_async,
    clippy::needless_pass_by_value,
    clippy::std_instead_of_core,
    clippy::arithmetic_side_effects,
    reason = "what the steps here do themselves"
)]

/// Pipelines as a strict library would write them.
pub mod flows {
    use flujo::prelude::*;

    /// The state.
    #[context]
    #[derive(Debug, Default)]
    pub struct State {
        name: String,
        number: u64,
    }

    /// A service.
    #[derive(Clone, Copy, Debug)]
    pub struct Db;

    /// Services.
    #[resources]
    #[derive(Debug)]
    pub struct App {
        db: Db,
        greeting: String,
    }

    /// Gives it back.
    #[step]
    pub async fn keep(text: String) -> Result<String> {
        Ok(text)
    }

    /// Finds it.
    #[step]
    pub async fn find(text: String) -> Result<Option<String>> {
        Ok(Some(text))
    }

    /// Counts.
    #[step]
    pub async fn count(text: String, db: &Db, state: &mut State) -> Result<String> {
        let Db = *db;
        state.number = state.number.saturating_add(1);
        Ok(text)
    }

    pipeline! {
        /// Every form.
        pub fn all(text: String, state: &mut State, app: &App) -> String {
            let found = find(text).timeout("20s").retries(2);
            let Some(found) = found else { fail("nothing") };
            let (left, right) = join(count(found.clone()), keep(found).named("kept"));
            let out = match state.number {
                0 => keep(left).named("first"),
                many if many > 100 => fail("many"),
                _ => left,
            };
            let out = if out.len() > 2 { keep(out).named("second") } else { out };
            let label: u8 = ask("How many?").showing(&out).timeout("2h", 3);
            let settled = keep(out).named("settled").settle().fallback(keep);
            let last = match settled {
                Ok(last) => last,
                Err(failure) => format!("{failure} {right}"),
            };
            let last = last >> keep.named("piped") >> keep.named("piped_again");
            keep(format!("{last}{label}")).named("dropped");
            format!("{last}{label}{}{}", state.number, state.name)
        }
    }

    pipeline! {
        /// Nothing runs.
        pub fn nothing(_text: String) -> () {}
    }

    pipeline! {
        /// Nothing comes of it.
        pub fn unit(text: String) -> () {
            keep(text);
        }
    }

    pipeline! {
        /// Fails always.
        pub fn fails(text: String) -> String {
            fail(text)
        }
    }

    pipeline! {
        /// Fails one way or another.
        pub fn fails_too(text: String) -> String {
            let text = keep(text);
            match text.len() {
                0 => fail("empty"),
                1 => fail("short"),
                _ => {
                    keep(text).named("again");
                    fail("not empty")
                }
            }
        }
    }

    pipeline! {
        /// Nested.
        pub fn nested(text: String, state: &mut State, app: &App) -> String {
            text >> all >> fails.settle().named("failed") >> settled
        }
    }

    pipeline! {
        /// Reads.
        #[allow(clippy::needless_borrow, reason = "lint levels reach the body")]
        pub fn settled(result: core::result::Result<String, Failure>, #[ctx] state: &State) -> String {
            if let Ok(text) = result { keep((&text).clone()) } else { keep(state.name.clone()).named("name") }
        }
    }
}

/// The user's own names, in place of those that generated code is made of.
pub mod names {
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
        NodeKind Edge Facts Policy Probe Error RunIn RunResult Context Contains Provides Pipeline WritesIn Takes
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
}
