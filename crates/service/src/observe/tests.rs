use std::sync::Mutex;

use axum::{body::Body, http::Request};
use tower::ServiceExt as _;

use super::*;

async fn get_of(router: Router, path: &str) -> (StatusCode, String) {
    let request = Request::get(path).body(Body::empty()).expect("a request");
    let answer = router.oneshot(request).await.expect("an answer");
    let status = answer.status();
    let bytes = axum::body::to_bytes(answer.into_body(), 1 << 20).await.expect("a body");
    (status, String::from_utf8(bytes.to_vec()).expect("text"))
}

fn observed(store: Arc<Mutex<Result<(), String>>>) -> Observed {
    let metrics = Metrics::new();
    let depth = metrics.gauge("tenon_waiting", "What waits", &[]);
    let health = Health::default()
        .check("store", move || {
            let now = store.lock().expect("no panic before").clone();
            async move { now }
        })
        .measured(move || {
            let depth = depth.clone();
            async move { depth.add(1) }
        });
    Observed { metrics, health: Arc::new(health) }
}

#[tokio::test]
async fn a_program_is_ready_while_what_it_needs_is_there() {
    let store = Arc::new(Mutex::new(Ok(())));
    let routes = routes(observed(Arc::clone(&store)));
    assert_eq!(get_of(routes.clone(), LIVE_PATH).await, (StatusCode::OK, "alive\n".to_owned()));
    let (status, text) = get_of(routes.clone(), READY_PATH).await;
    assert_eq!((status, text.as_str()), (StatusCode::OK, r#"{"ready":true,"checks":[{"name":"store"}]}"#));

    *store.lock().expect("no panic before") = Err("it is locked".to_owned());
    let (status, text) = get_of(routes.clone(), READY_PATH).await;
    assert_eq!(
        (status, text.as_str()),
        (
            StatusCode::SERVICE_UNAVAILABLE,
            r#"{"ready":false,"checks":[{"name":"store","reason":"it is locked"}]}"#
        )
    );
    assert_eq!(get_of(routes, LIVE_PATH).await.0, StatusCode::OK);
}

#[tokio::test]
async fn gauges_are_measured_at_each_look() {
    let routes = routes(observed(Arc::new(Mutex::new(Ok(())))));
    for expected in ["tenon_waiting 1\n", "tenon_waiting 2\n"] {
        let (status, text) = get_of(routes.clone(), METRICS_PATH).await;
        assert_eq!(status, StatusCode::OK);
        assert!(text.contains(expected), "{text}");
        assert!(text.contains("tenon_ready{check=\"store\"} 1\n"), "{text}");
        assert!(text.contains("\nprocess_open_fds "), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_check_that_does_not_answer_has_failed() {
    let health = Health::default().check("authority", std::future::pending);
    let told = health.told().await;
    assert_eq!(told.checks[0].reason.as_deref(), Some("no answer within 2 s"));
    assert!(!told.ready);
}
