use crate::html;
use crate::site::Site;
use axum::http::StatusCode;

#[tokio::test]
async fn the_list_shows_runs_with_state_cost_labels_and_questions() {
    let site = Site::new();
    site.start_labelled("moderate", "waits", r#"["a post"]"#, &[("tenant", "acme")]).await;
    site.start("echo", "done", r#"["x", 1]"#).await;
    site.start("echo", "broken", r#"["bad", 1]"#).await;
    let page = site.page("/").await;
    page.has("<title>Runs · flujo</title>")
        .has("<a href=\"/runs/waits\"><bdi>waits</bdi></a>")
        .has("<span class=\"label\"><bdi>tenant</bdi>: <bdi>acme</bdi></span>")
        .has("<span class=\"state paused\">paused</span>")
        .has("echo/shorten: it is &lt;bad&gt;, and bad")
        .has("all 3")
        .has("sse-connect=\"/api/v1/events\"");
    let newest = page.text.find("/runs/broken").unwrap();
    assert!(newest < page.text.find("/runs/waits").unwrap(), "the newest comes first");

    let one = site.page("/?state=failed").await;
    one.has("/runs/broken").has_not("/runs/done").has("aria-current=\"true\"");
    site.page("/?label=tenant%3Dacme").await.has("/runs/waits").has_not("/runs/done");
    site.page("/?text=DON").await.has("/runs/done").has_not("/runs/waits");
    site.page("/?pipeline=echo&order=id").await.has_not("/runs/waits").has("name=\"order\"");
    site.page("/?from=2500-01-01").await.has("No runs are here.");
    site.page("/?until=1970-01-02").await.has("No runs are here.");
    site.page("/?state=odd&order=odd&from=odd&label=odd&after=odd")
        .await
        .has("There is no state")
        .has("Runs are ordered by created, changed or id.")
        .has("The date in")
        .has("A label is written as name=value.")
        .has("this is its beginning");
}

#[tokio::test]
async fn filters_stay_in_the_links_from_page_to_page() {
    let site = Site::new();
    for i in 0..120 {
        site.start_labelled("echo", &format!("r-{i:03}"), r#"["x", 1]"#, &[("tenant", "acme & co")]).await;
    }
    let mut address = "/?pipeline=echo&label=tenant%3Dacme+%26+co&state=done&order=id".to_owned();
    let mut seen = Vec::new();
    for page in 0..3 {
        let shown = site.page(&address).await;
        let elements = html::checked(&shown.text);
        let ids = elements.iter().filter(|element| element.get("name") == Some("id"));
        seen.extend(ids.map(|element| element.get("value").unwrap().to_owned()));
        let next = elements.iter().find(|element| element.get("rel") == Some("next"));
        assert_eq!(next.is_some(), page < 2);
        if let Some(next) = next {
            address = next.get("href").unwrap().to_owned();
            for part in ["pipeline=echo", "label=tenant%3Dacme+%26+co", "state=done", "order=id", "after="] {
                assert!(address.contains(part), "{part} in {address}");
            }
        }
        // A further page does not follow what happens: its rows would move away.
        assert_eq!(shown.text.contains("sse-connect"), page == 0);
    }
    assert_eq!(seen, (0..120).map(|i| format!("r-{i:03}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_part_that_is_known_is_not_sent_again() {
    let site = Site::new();
    site.start("echo", "r", r#"["x", 1]"#).await;
    let elements = html::checked(&site.page("/").await.text);
    let live = elements.iter().find(|element| element.get("id") == Some("runs")).unwrap();
    let address = live.get("hx-get").unwrap();
    // The token of the forms is the same, and so is the page.
    let again = site.fetch(address).await;
    assert_eq!((again.status, again.text.as_str()), (StatusCode::NO_CONTENT, ""));
    site.start("echo", "r2", r#"["x", 1]"#).await;
    let news = site.fetch(address).await;
    assert_eq!(news.status, StatusCode::OK);
    news.has("/runs/r2").has_not("<html");
}

#[tokio::test]
async fn a_run_shows_its_graph_its_timeline_its_nodes_and_who_did_what() {
    let site = Site::new();
    site.start_labelled("moderate", "m", r#"["a post"]"#, &[("tenant", "acme")]).await;
    let page = site.page("/runs/m").await;
    page.has("<h1>Run <bdi>m</bdi></h1>")
        .has("<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"graph\"")
        .has("class=\"node kind-step done\"")
        .has("class=\"node kind-ask waiting\"")
        .has("class=\"node kind-step idle\"")
        .has("<a href=\"?node=moderate%2Fshorten#node\"><code><bdi>shorten</bdi></code></a>")
        .has("It waits for a reply at <code><bdi>moderate/verdict</bdi></code>.")
        .has("Publish this post?")
        .has("sse-connect=\"/api/v1/runs/m/events\"")
        .has(">step 1</td>")
        .has("<bdi>tests</bdi>")
        .has("href=\"/api/v1/runs/m/export\"");
    let node = site.page("/runs/m?node=moderate%2Fshorten").await;
    node.has("<bdi>moderate/shorten</bdi></code>, attempt 1 <span class=\"state done\">done</span></h3>")
        .has("a post")
        .has("A POST");
    site.page("/runs/m?node=moderate%2Fother").await.has("Nothing is recorded at this node yet.");

    site.start("echo", "broken", r#"["bad", 1]"#).await;
    let page = site.page("/runs/broken").await;
    page.has("<h2>Failure</h2>")
        .has("it is &lt;bad&gt;, and bad")
        .has("Retry</button>")
        .has("class=\"node kind-step failed\"");
    let missing = site.fetch("/runs/nothing").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    html::checked(&missing.text);
}

#[tokio::test]
async fn the_context_of_a_node_is_shown_before_and_after() {
    let site = Site::new();
    site.start("desk", "d", r#"["first"]"#).await;
    let page = site.page("/runs/d?node=desk%2Fnote").await;
    page.has("<h4>Context</h4>")
        .has("<code><bdi>(rest)</bdi></code>")
        .has("<ins class=\"new\">")
        .has("first");
}

#[tokio::test]
async fn two_runs_are_compared_node_by_node() {
    let site = Site::new();
    site.start("echo", "a", r#"["one", 1]"#).await;
    site.start("echo", "b", r#"["two", 1]"#).await;
    site.start("echo", "c", r#"["one", 1]"#).await;
    let page = site.page("/compare?a=a&b=b").await;
    page.has("<span class=\"differs\">differs</span>")
        .has("<bdi>echo/shorten</bdi>")
        .has("- ONE")
        .has("+ TWO");
    site.page("/compare?a=a&b=c").await.has_not("differs");
    site.page("/compare").await.has("Compare two runs");
    assert_eq!(site.fetch("/compare?a=a&b=none").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn usage_is_shown_for_a_period() {
    let site = Site::new();
    site.page("/usage").await.has("Nothing was used in this time.");
    site.page("/usage?from=odd").await.has("A date is written as 2026-01-31.");
    site.page("/usage?label=tenant&pipeline=echo").await.has("value=\"tenant\"");
}

#[tokio::test]
async fn what_is_left_of_a_budget_is_shown() {
    let mut limits = flujo::UsageLimits::usd("2.50");
    limits.model_calls = Some(1_000);
    let budget = flujo::SharedBudget::new(limits);
    let site = Site::with(|server| server.budget("the <team>", budget));
    let page = site.page("/usage").await;
    page.has("the &lt;team&gt;").has("$2.50").has("<td>calls</td>").has("1,000").has_not("<td>tokens</td>");
    Site::new().page("/usage").await.has_not("Budgets");
}

#[tokio::test]
async fn the_wait_in_front_of_a_second_attempt_is_drawn() {
    let site = Site::new();
    site.start("lucky", "l", r#"["x"]"#).await;
    let page = site.page("/runs/l").await;
    page.has(">step 1</td>").has(">step 2</td>").has("<rect class=\"gap\"");
    let node = site.page("/runs/l?node=lucky%2Fguess").await;
    node.has("not the first time").has("attempt 2 <span class=\"state done\">");
}

#[tokio::test]
async fn a_run_says_in_a_sentence_how_it_stands() {
    let site = Site::new();
    site.start("echo", "done", r#"["x", 1]"#).await;
    site.page("/runs/done").await.has("<span class=\"state done\">done</span><span>It ended <time");
    site.start("echo", "broken", r#"["bad", 1]"#).await;
    site.page("/runs/broken").await.has("<span><bdi>echo/shorten: it is &lt;bad&gt;, and bad</bdi></span>");
    // The parts that are asked for again bring the head along.
    site.start("moderate", "m", r#"["a post"]"#).await;
    let part = site.fetch("/runs/m/now").await;
    part.has("<div id=\"head\" hx-swap-oob=\"true\">").has("It waits for a reply at").has_not("<html");
}
