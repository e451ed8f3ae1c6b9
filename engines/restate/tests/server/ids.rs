//! Ids with characters that mean something in an address, in SQL or in JSON.

use crate::pipelines;
use crate::support::server;
use flujo::engine::{RunFilter, RunId};
use flujo::run::Control;

#[tokio::test(flavor = "multi_thread")]
async fn ids_of_any_characters() {
    let Some(mut server) = server().await else { return };
    server.worker().await;
    let flujo = server.flujo();
    let ids =
        ["a b", "a/b", "it's \"x\"", "é~1", "a%2Fb", "..", "?x=1#y", "r\n", "<b>", "r~1/steps", "\u{202e}"];
    for (n, id) in (0..).zip(ids) {
        let result = flujo.run(pipelines::asks(n)).id(id).await;
        assert_eq!(result.questions().len(), 1, "{id:?}: {:?}", result.outcome);
        let result = flujo.resume::<pipelines::asks>(id).reply(1_u64).await.unwrap();
        assert_eq!(result.into_output().unwrap(), n + 3, "{id:?}");
        assert_eq!(flujo.inspect(id).await.unwrap().records.len(), 2, "{id:?}");
    }
    let mut listed: Vec<_> = Control::list(&flujo, &RunFilter::default()).await.unwrap();
    let mut ids = ids.map(RunId::from);
    ids.sort();
    listed.sort_by(|a, b| a.id.cmp(&b.id));
    assert!(listed.iter().map(|run| &run.id).eq(&ids), "{listed:?}");
}
