//! No name of the user's can get in the way of generated code: here, all of them do.

#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    missing_debug_implementations,
    non_upper_case_globals,
    unused_imports,
    unused_macros,
    clippy::wildcard_imports,
    reason = "the names are the point"
)]

mod hostile {
    // What generated code uses, as other things of the same names.
    pub struct Option;
    pub struct Vec;
    pub struct Box;
    pub struct String;
    pub struct Future;
    pub struct Cx;
    pub struct Step;
    pub struct StepCall;
    pub struct Context;
    pub struct Durable;
    pub struct RunIn;
    pub struct Facts;
    pub struct Json;
    pub struct Field;
    pub struct PhantomData;
    pub struct Duration;
    pub struct Backoff;
    pub trait Clone {}
    pub trait Send {}
    pub trait Sync {}
    pub trait Sized {}
    pub trait Default {}
    pub trait Serialize {}
    pub trait Deserialize {}
    pub type Result<T> = ::flujo::Result<T>;
    pub const RETRIES: u32 = 1;
    pub const Some: u8 = 1;
    pub const None: u8 = 2;
    pub const Ok: u8 = 3;
    pub const Err: u8 = 4;
    pub mod std {}
    pub mod core {}
    pub mod serde {}
    pub mod __private {}
    macro_rules! line {
        () => {
            compile_error!("the user's own macro")
        };
    }
    macro_rules! file {
        () => {
            compile_error!("the user's own macro")
        };
    }
    pub(crate) use {file, line};
}

mod flows {
    use super::hostile::*;

    #[::flujo::context]
    pub struct State {
        #[context(part, merge = sum)]
        pub count: u64,
        #[context(part)]
        pub done: bool,
        pub id: u32,
    }

    #[::flujo::resources]
    pub struct App {
        pub limit: u8,
    }

    #[::flujo::step(retries = 1, timeout = "1s", backoff = "1ms")]
    pub async fn count(by: u64, count: &mut u64, #[ctx] done: &bool, limit: &u8) -> Result<u64> {
        *count += by + ::std::primitive::u64::from(*done) + ::std::primitive::u64::from(*limit);
        ::std::result::Result::Ok(*count)
    }

    #[::flujo::step]
    pub async fn input(input: u8, drafts: u8, ctx: u8, res: u8, call: u8, id: u8, cx: u8) -> Result<u8> {
        ::std::result::Result::Ok(input + drafts + ctx + res + call + id + cx)
    }

    #[::flujo::step]
    pub async fn r#type(r#match: u8) -> Result<u8> {
        ::std::result::Result::Ok(r#match)
    }

    #[::flujo::step]
    pub async fn generic<C: ::flujo::Durable, R: ::flujo::Durable, F: ::flujo::Durable>(
        c: C,
        r: R,
        f: F,
    ) -> Result<(C, R, F)> {
        ::std::result::Result::Ok((c, r, f))
    }
}

// Everything above the fields is written by a macro of the user's.
macro_rules! written {
    ($name:ident, $state:ident, $input:ident: $ty:ty, $part:ty => $body:expr) => {
        #[flujo::context]
        struct $state {
            #[context(part)]
            part: $part,
        }
        #[flujo::step]
        async fn $name($input: $ty, part: &mut $part) -> flujo::Result<$ty> {
            *part = Some($input.clone());
            Ok($body)
        }
    };
}
written!(by_macro, Written, text: String, Option<String> => text.to_uppercase());

#[flujo::step]
async fn shadows(shadows: u8) -> flujo::Result<u8> {
    // The step's own name is its input here.
    Ok(shadows)
}

#[tokio::test]
async fn every_name_is_free() {
    let mut state = flows::State { count: 1, done: true, id: 0 };
    let app = flows::App { limit: 2 };
    assert_eq!(flows::count(3).run(&mut state, &app).await.unwrap(), 7);
    assert_eq!(state.count, 7);
    assert_eq!(flows::input(1, 2, 3, 4, 5, 6, 7).run(&mut (), &()).await.unwrap(), 28);
    assert_eq!(flows::r#type(3).run(&mut (), &()).await.unwrap(), 3);
    assert_eq!(<flows::r#type as flujo::step::StepInfo>::FACTS.name, "type");
    assert_eq!(flows::generic(1_u8, true, 'c').run(&mut (), &()).await.unwrap(), (1, true, 'c'));
    let mut written = Written { part: None };
    assert_eq!(by_macro("x".to_owned()).run(&mut written, &()).await.unwrap(), "X");
    assert_eq!(written.part.as_deref(), Some("x"));
    assert_eq!(shadows(4).run(&mut (), &()).await.unwrap(), 4);
}

#[tokio::test]
async fn a_step_can_live_in_a_function() {
    #[flujo::context]
    struct Local {
        #[context(part)]
        count: u8,
    }
    #[flujo::step]
    async fn local(count: &mut u8) -> flujo::Result<u8> {
        *count += 1;
        Ok(*count)
    }
    let mut state = Local { count: 1 };
    assert_eq!(local().run(&mut state, &()).await.unwrap(), 2);
    // A binding of the step's name is an ordinary binding.
    let local = local().run(&mut state, &()).await.unwrap();
    assert_eq!(local, 3);
}
