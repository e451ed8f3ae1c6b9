//! Generated code warns of nothing, however strict the user's crate is.

#![deny(
    warnings,
    unused,
    missing_docs,
    unreachable_pub,
    missing_debug_implementations,
    missing_copy_implementations,
    unused_qualifications,
    single_use_lifetimes,
    unnameable_types,
    unused_results,
    trivial_casts,
    trivial_numeric_casts,
    let_underscore_drop,
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    redundant_lifetimes,
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
    clippy::missing_docs_in_private_items,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::absolute_paths,
    clippy::shadow_unrelated,
    clippy::exhaustive_structs,
    clippy::missing_inline_in_public_items,
    clippy::same_name_method,
    clippy::wildcard_enum_match_arm,
    clippy::single_char_lifetime_names,
    clippy::min_ident_chars,
    clippy::missing_trait_methods,
    clippy::let_underscore_untyped,
    clippy::multiple_inherent_impl,
    clippy::pub_use,
    clippy::ref_patterns,
    clippy::question_mark_used,
    clippy::implicit_return,
    clippy::else_if_without_else,
    clippy::default_numeric_fallback,
    clippy::std_instead_of_core,
    clippy::str_to_string,
    clippy::redundant_clone,
    clippy::large_futures
)]
// What this file does itself.
#![allow(
    clippy::blanket_clippy_restriction_lints,
    clippy::exhaustive_structs,
    clippy::missing_inline_in_public_items,
    clippy::implicit_return,
    clippy::unused_async,
    clippy::needless_pass_by_value,
    clippy::missing_trait_methods,
    clippy::absolute_paths,
    clippy::std_instead_of_core,
    clippy::redundant_pub_crate,
    clippy::future_not_send,
    clippy::pub_use,
    clippy::ref_option,
    reason = "what is written here by hand; generated code has to do without"
)]

/// Steps as a strict library would write them.
pub mod flows {
    use flujo::prelude::*;
    use serde::{Deserialize, Serialize};

    /// Small.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Config {
        /// Loud.
        pub loud: bool,
    }

    /// The state.
    #[context]
    #[derive(Debug, Default, PartialEq, Eq)]
    pub struct State {
        /// A number.
        pub id: u64,
        /// A part.
        #[context(part)]
        pub config: Config,
        /// Merged.
        #[context(part, merge = append)]
        pub notes: Vec<String>,
    }

    /// A service.
    #[derive(Clone, Copy, Debug)]
    pub struct Db;

    /// Services.
    #[resources]
    #[derive(Debug)]
    pub struct App {
        /// One.
        db: Db,
        /// Two.
        name: String,
    }

    impl App {
        /// Made.
        #[must_use]
        pub const fn new() -> Self {
            Self { db: Db, name: String::new() }
        }
    }

    impl Default for App {
        fn default() -> Self {
            Self::new()
        }
    }

    /// Awaits nothing, borrows small things, and does not change its part.
    #[step(retries = 1, timeout = "1s", backoff = "1ms", version = 2)]
    pub async fn quiet(
        text: String,
        notes: &mut Vec<String>,
        #[ctx] config: &Config,
        db: &Db,
        _run: &RunInfo,
    ) -> Result<usize> {
        let Config { loud } = *config;
        let _: Db = *db;
        Ok(text.len().saturating_add(notes.len()).saturating_add(usize::from(loud)))
    }

    /// Many inputs, one of them unused.
    #[step(validate = Any, strict = false, fallback = sum_of)]
    pub async fn sum(
        one: u8,
        two: u8,
        three: u8,
        four: u8,
        five: u8,
        six: u8,
        seven: u8,
        _rest: u8,
    ) -> Result<u8> {
        Ok([one, two, three, four, five, six, seven].into_iter().fold(0, u8::wrapping_add))
    }

    /// Its fallback.
    #[step]
    pub(crate) async fn sum_of(_a: u8, _b: u8, _c: u8, _d: u8, _e: u8, _f: u8, _g: u8, _h: u8) -> Result<u8> {
        Ok(0)
    }

    /// Generic.
    #[step]
    pub async fn first<Item: flujo::Durable>(all: Vec<Item>) -> Result<Option<Item>> {
        Ok(all.into_iter().next())
    }

    /// Generic, said below.
    #[step]
    pub async fn last<Item, const MOST: usize>(all: Vec<Item>, more: Vec<Item>) -> Result<Option<Item>>
    where
        Item: PartialEq + flujo::Durable,
    {
        Ok(all.into_iter().chain(more).take(MOST).last())
    }

    /// Two parts at once.
    #[step]
    pub async fn both(notes: &mut Vec<String>, config: &mut Config) -> Result<()> {
        notes.clear();
        config.loud = false;
        Ok(())
    }

    /// Many fields.
    #[context]
    #[derive(Debug, Default)]
    pub struct Wide {
        /// One.
        one: u8,
        /// Two.
        two: u8,
        /// Three.
        three: u8,
        /// Four.
        four: u8,
        /// Five.
        five: u8,
        /// Six.
        six: u8,
        /// Seven.
        seven: u8,
        /// Eight.
        eight: u8,
        /// A part.
        #[context(part, merge = self::either)]
        nine: Option<String>,
    }

    /// A rule.
    fn either(base: &Option<String>, arms: &[Option<String>]) -> Result<Option<String>, (usize, String)> {
        if arms.is_empty() {
            return Err((0, "nobody wrote it".to_owned()));
        }
        Ok(arms.iter().flatten().next().or(base.as_ref()).cloned())
    }

    impl Wide {
        /// All of it.
        #[must_use]
        pub fn sum(&self) -> u32 {
            let all =
                [self.one, self.two, self.three, self.four, self.five, self.six, self.seven, self.eight];
            all.into_iter().map(u32::from).sum()
        }
    }

    /// Asks a model.
    #[step(model = "openai:gpt-4o-mini", temperature = 0.2, max_tokens = 10)]
    pub fn label(text: String) -> Prompt<String> {
        Prompt::system("One word.").user(text)
    }

    /// Private, and not used by anybody.
    #[step]
    #[expect(dead_code, reason = "nobody calls it")]
    async fn lonely() -> Result<()> {
        Ok(())
    }

    /// Accepts all.
    #[derive(Clone, Copy, Debug)]
    pub struct Any;
    impl Validator<u8> for Any {
        fn validate(&self, _value: &u8) -> ValidationResult {
            ValidationResult::valid()
        }
    }
}

#[test]
fn it_compiles() {
    use flujo::step::StepInfo as _;
    assert_eq!(flows::quiet::FACTS.version, 2);
    drop(flows::first(vec![1_u8]));
    drop(flows::label(String::new()));
    drop(flows::App::new());
}
