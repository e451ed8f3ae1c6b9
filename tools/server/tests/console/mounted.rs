use crate::html;
use crate::site::Site;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use std::net::SocketAddr;
use tower::ServiceExt;

async fn get(router: &Router, path: &str) -> (StatusCode, String, String) {
    let mut request = Request::get(path).header(header::HOST, "localhost:8080").body(Body::empty()).unwrap();
    let peer: SocketAddr = "127.0.0.1:50000".parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    let response = router.clone().oneshot(request).await.unwrap();
    let location = response.headers().get(header::LOCATION);
    let location = location.map(|to| to.to_str().unwrap().to_owned()).unwrap_or_default();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, location, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn every_address_of_a_nested_router_is_below_its_place() {
    let site = Site::new();
    site.start("moderate", "m", r#"["a post with \" href=\"/ in it"]"#).await;
    let router = Router::new().nest("/ops/flujo", site.router());
    let mut pages = vec!["/ops/flujo".to_owned()];
    let mut seen = Vec::new();
    while let Some(page) = pages.pop() {
        let (status, _, body) = get(&router, &page).await;
        assert!(status == StatusCode::OK || status == StatusCode::NO_CONTENT, "{page}: {status}");
        let is_page = body.starts_with("<!DOCTYPE");
        for element in is_page.then(|| html::checked(&body)).into_iter().flatten() {
            for name in ["href", "src", "action", "hx-get", "hx-post", "sse-connect"] {
                let Some(address) = element.get(name).filter(|address| address.starts_with('/')) else {
                    continue;
                };
                assert!(
                    address == "/ops/flujo"
                        || ["/ops/flujo/", "/ops/flujo?"].iter().any(|place| address.starts_with(place)),
                    "{page}: {address}"
                );
                let is_new = !seen.contains(&address.to_owned());
                if is_new && name != "action" && name != "hx-post" && name != "sse-connect" && seen.len() < 60
                {
                    seen.push(address.to_owned());
                    pages.push(address.to_owned());
                }
            }
        }
    }
    assert!(seen.len() >= 20, "{seen:?}");
    let (_, _, run) = get(&router, "/ops/flujo/runs/m").await;
    assert!(run.contains("a post with"), "{run}");
    let (_, _, document) = get(&router, "/ops/flujo/api/v1/openapi.json").await;
    assert!(document.contains(r#""servers":[{"url":"/ops/flujo"}]"#));
}

#[tokio::test]
async fn a_nested_router_leads_to_its_own_login() {
    let site = Site::with(|server| server.token("ops", flujo_server::Role::Operator, "a-token"));
    let router = Router::new().nest("/ops", site.router());
    let (status, location, _) = get(&router, "/ops/inbox").await;
    assert_eq!((status, location.as_str()), (StatusCode::SEE_OTHER, "/ops/login?next=%2Finbox"));
}
