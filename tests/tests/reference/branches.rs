//! The example of `docs/book/reference/forms/branches.md`.

use flujo::prelude::*;

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
enum Risk {
    Low,
    High { reason: String },
}

#[step]
async fn assess(text: String) -> Result<Risk> {
    Ok(if text.contains("free") { Risk::High { reason: "bait".to_owned() } } else { Risk::Low })
}

#[step]
async fn publish(text: String) -> Result<String> {
    Ok(format!("published: {text}"))
}

#[step]
async fn escalate(text: String, reason: String) -> Result<String> {
    Ok(format!("{reason}: {text}"))
}

pipeline! {
    fn moderate(text: String) -> String {
        if text.is_empty() {
            fail("there is no text")
        }
        let risk = assess(text.clone());
        match risk {
            Risk::Low => publish(text),
            Risk::High { reason } if reason == "spam" => fail("spam"),
            Risk::High { reason } => escalate(text, reason),
        }
    }
}

#[tokio::test]
async fn one_arm_is_entered() -> Result<(), flujo::Error> {
    let flujo = Flujo::builder().pipeline::<moderate>().build()?;
    let result = flujo.run(moderate("free tea".to_owned())).id("tea").await;
    assert_eq!(result.into_output()?, "bait: free tea");
    let error = flujo.run(moderate(String::new())).await.into_output().unwrap_err();
    assert_eq!(error.to_string(), "moderate: there is no text");

    crate::page("branches", moderate::GRAPH, &flujo, "tea").await;
    Ok(())
}
