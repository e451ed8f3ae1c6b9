//! What is recorded, and what flows on.

use flujo::ErrorKind;
use flujo::prelude::*;
use flujo_tests::world::*;

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Measured {
    value: Option<f64>,
    #[serde(skip)]
    scratch: u32,
}

#[step]
async fn measure(value: f64, calls: &Calls, run: &RunInfo) -> Result<Measured> {
    calls.note(run);
    Ok(Measured { value: Some(value), scratch: 7 })
}

pipeline! {
    fn measuring(divisor: f64, world: &World) -> Measured {
        let m = measure(divisor);
        let again = measure(m.value.unwrap_or_default() * 3.0).named("again");
        Measured { value: again.value, scratch: m.scratch + 1 }
    }
}

#[test]
fn what_flows_on_is_decoded_from_the_record() {
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let output = flujo.run(measuring(0.1)).await.into_output().unwrap();
        // A skipped field is lost on the first run already, as it would be on a resumed one.
        assert_eq!(output.scratch, 0);
        assert_eq!(output.value.map(f64::to_bits), Some((0.1_f64 * 3.0).to_bits()));
    });
}

#[step(retries = 3)]
async fn infinite(text: String, log: &mut Vec<String>, calls: &Calls, run: &RunInfo) -> Result<Option<f64>> {
    calls.note(run);
    log.push(text);
    Ok(Some(f64::INFINITY))
}

#[step]
async fn nests(depth: u32) -> Result<serde_json::Value> {
    Ok((0..depth).fold(serde_json::Value::Null, |inner, _| serde_json::json!([inner])))
}

/// Half of a number, if there is one; nothing of nothing.
#[step]
#[allow(clippy::option_option, reason = "it is what is tested")]
async fn halves(n: u8) -> Result<Option<Option<u8>>> {
    Ok((n > 0).then(|| n.is_multiple_of(2).then_some(n / 2)))
}

#[step]
#[allow(clippy::option_option, reason = "it is what is tested")]
async fn shows(half: Option<Option<u8>>) -> Result<String> {
    Ok(format!("{half:?}"))
}

#[test]
fn values_that_cannot_be_recorded_fail_the_attempt_for_good() {
    pipeline! {
        fn infinity(text: String, ctx: &mut State, world: &World) -> Option<f64> { infinite(text) }
    }
    pipeline! {
        fn nested(depth: u32) -> serde_json::Value { nests(depth) }
    }
    pipeline! {
        fn unwrapping(n: u8) -> Option<Option<u8>> { halves(n) }
    }
    pipeline! {
        fn wrapping(n: u8) -> String { shows(Some((n > 0).then_some(n))) }
    }
    on_all(async |engine, _| {
        let (flujo, calls) = flujo(&engine);
        let result = flujo.run(infinity("x".into())).await;
        assert_eq!((calls.len(), result.context.log.len()), (1, 0));
        assert_eq!(
            result.into_output().unwrap_err().to_string(),
            "infinity/infinite: cannot be recorded: `inf` is not a finite number, and JSON holds no other \
             (attempt 1; fatal, so not retried)"
        );
        let error = flujo.run(nested(300)).await.into_output().unwrap_err();
        assert_eq!(
            error.to_string(),
            "nested/nests: cannot be recorded: the value is nested deeper than 127 levels"
        );
        // JSON has one `null` for `None` and `Some(None)`.
        for (n, output) in [(0, None), (2, Some(Some(1)))] {
            assert_eq!(flujo.run(unwrapping(n)).await.into_output().unwrap(), output);
        }
        let lost = "a `Some` around nothing, of type `Option<core::option::Option<u8>>`, reads back as `None`: use an enum";
        let error = flujo.run(unwrapping(1)).await.into_output().unwrap_err();
        assert_eq!(error.to_string(), format!("unwrapping/halves: cannot be recorded: {lost}"));
        let error = flujo.run(wrapping(0)).await.into_output().unwrap_err();
        assert!(error.to_string().ends_with(lost), "{error}");
        // So does an input of the run itself.
        let error = flujo.run(measuring(f64::NAN)).await.into_output().unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Codec(_)), "{error}");
    });
}

#[step]
async fn spoils(text: String, draft: &mut Spoilt, log: &mut Vec<String>) -> Result<String> {
    draft.0 = f64::NAN;
    log.push("spoilt".into());
    Ok(text)
}
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Spoilt(f64);
#[context]
#[derive(Debug, Default, PartialEq)]
pub struct Fragile {
    #[context(part)]
    log: Vec<String>,
    #[context(part)]
    spoilt: Spoilt,
}

#[test]
fn a_part_that_cannot_be_recorded_leaves_no_trace() {
    pipeline! {
        fn spoiling(text: String, ctx: &mut Fragile) -> String {
            let done = spoils(text).settle();
            format!("{} {:?}", done.unwrap_err().message, ctx)
        }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let result = flujo.run(spoiling("x".into())).await;
        assert_eq!(result.context, Fragile::default());
        assert_eq!(
            result.into_output().unwrap(),
            "cannot be recorded: context part `spoilt`: `NaN` is not a finite number, and JSON holds no other \
             Fragile { log: [], spoilt: Spoilt(0.0) }"
        );
    });
}

#[test]
fn size_grows_with_what_changed() {
    pipeline! {
        fn growing(text: String, ctx: &mut State, world: &World) -> String {
            let text = add(text);
            let text = echo(text);
            count(1);
            let text = write(text);
            text
        }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let context = State { title: "t".repeat(10_000), ..State::default() };
        drop(flujo.run(growing("x".into())).context(context).id("r").await.into_output().unwrap());
        let view = flujo.inspect("r").await.unwrap();
        let parts: Vec<Vec<_>> =
            view.records.iter().map(|r| r.parts.iter().map(|(n, _)| n.as_str()).collect()).collect();
        assert_eq!(parts, [vec!["log"], vec![], vec!["total"], vec!["draft"]]);
        let bytes: usize =
            view.records.iter().flat_map(|r| &r.parts).map(|(_, json)| json.as_str().len()).sum();
        assert_eq!(bytes, r#"["x"]"#.len() + "1".len() + r#"{"text":"x"}"#.len());
    });
}

#[test]
fn enormous_values_pass() {
    pipeline! {
        fn enormous(text: String, world: &World) -> String { echo(text) }
    }
    on_all(async |engine, _| {
        let (flujo, _) = flujo(&engine);
        let text = "\u{1F980}\"\\\n".repeat(1 << 20);
        assert_eq!(flujo.run(enormous(text.clone())).await.into_output().unwrap(), text);
    });
}
