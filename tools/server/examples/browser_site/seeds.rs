//! The runs that are there when a browser comes.

use crate::pipelines::Office;
use flujo::Flujo;
use flujo::codec::Json;
use flujo::engine::{Labels, RunFilter};
use flujo::run::{Control, StartRun};
use serde::Serialize;

/// What would be run, would close what is around it, or would turn it around.
const EVIL: &str = "</textarea></pre></script><script>window.broken=1</script><img src=x onerror=\"window.broken=1\">\
                    <a href=\"javascript:window.broken=1\">a</a>\"'&amp;<svg onload=window.broken=1>\u{202e}desrever\0end";
/// Ten megabytes.
const LONG: usize = 10 << 20;

type Done = Result<(), Box<dyn std::error::Error>>;

/// Starts runs of every kind, if there are none yet.
pub async fn plant(flujo: &Flujo<Office>) -> Done {
    if !Control::list(flujo, &RunFilter::default().limit(1)).await?.is_empty() {
        return Ok(());
    }
    let evil_id = format!("evil/{}", EVIL.replace('\0', ""));
    let evil_label = format!("<b>{}", EVIL.replace('\0', "").get(..150).unwrap_or("</b>"));
    for (id, text) in [(evil_id.as_str(), EVIL.to_owned()), ("evil-long", EVIL.repeat(LONG / EVIL.len()))] {
        start(flujo, "outbreak", id, &(text,), &[("tenant", &evil_label), ("<i>name</i>", "x")]).await?;
    }
    for i in 0..120 {
        let tenant = ["acme", "globex", "initech"].into_iter().cycle().nth(i).unwrap_or_default();
        start(flujo, "shout", &format!("shout-{i:03}"), &(format!("post {i}"), 2), &[("tenant", tenant)])
            .await?;
    }
    let topics = [("tides", "beginners"), ("glaciers", "experts"), ("volcanoes", "children")];
    for (topic, reader) in topics {
        start(flujo, "post", &format!("post-{topic}"), &(topic, reader), &[("tenant", "acme")]).await?;
    }
    start(flujo, "broken", "broken-1", &("parcel",), &[("tenant", "globex")]).await
}

async fn start(
    flujo: &Flujo<Office>,
    pipeline: &str,
    id: &str,
    input: &impl Serialize,
    labels: &[(&str, &str)],
) -> Done {
    let mut set = Labels::default();
    for (name, value) in labels {
        set.set(*name, *value)?;
    }
    let run = StartRun::new(pipeline, id, Json::encode(input)?).labels(set).by("seeds");
    Control::start(flujo, &run).await?;
    Control::attach(flujo, &id.into()).await?;
    Ok(())
}
