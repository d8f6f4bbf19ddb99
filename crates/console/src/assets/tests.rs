use axum::body::Body;

use super::*;

fn ask(method: &str, path: &str, headers: &[(&str, &str)]) -> Option<Response> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    answer(&request.body(Body::empty()).expect("a request"))
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().expect("text"))
}

/// Returns the name of a script of the page, where the page was built.
fn script() -> Option<String> {
    let names: Vec<_> = Files::iter().filter(|name| name.ends_with(".js")).collect();
    assert!(names.len() != 1, "the page is split by route");
    names.first().map(|name| format!("/{name}"))
}

#[test]
fn a_browser_that_walks_anywhere_gets_the_page_and_a_script_that_errs_the_truth() {
    let html = [("accept", "text/html,*/*;q=0.8")];
    for path in ["/", "/devices", "/actions/1", "/../etc/passwd", "/assets.html"] {
        assert!(ask("GET", path, &html).is_some(), "{path}");
    }
    assert!(ask("GET", "/", &[]).is_some());
    for path in ["/api/v1/nothing", "/v1.0/nothing", "/assets/none.js", "/assets/../../Cargo.toml"] {
        assert!(ask("GET", path, &html).is_none(), "{path}");
    }
    assert!(ask("GET", "/devices", &[("accept", "application/json")]).is_none());
    assert!(ask("POST", "/", &html).is_none());
}

#[test]
fn each_page_has_a_policy_of_its_own_that_lets_nothing_in() {
    let (one, two) = (ask("GET", "/", &[]).expect("a page"), ask("GET", "/", &[]).expect("a page"));
    let policy = header(&one, "content-security-policy");
    for part in ["default-src 'none'", "script-src 'self';", "frame-ancestors 'none'", "base-uri 'none'"] {
        assert!(policy.contains(part), "{part} is not in {policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*') && !policy.contains("http"));
    assert_eq!(header(&one, "cache-control"), "no-store");
    if Files::get("index.html").is_some() {
        assert!(policy != header(&two, "content-security-policy"), "the nonce is used twice");
    }
}

#[test]
fn a_script_is_kept_for_ever_and_not_sent_twice() {
    let Some(name) = script() else { return };
    let whole = ask("GET", &name, &[]).expect("a script");
    assert_eq!(header(&whole, "content-type"), "text/javascript; charset=utf-8");
    assert!(header(&whole, "cache-control").contains("immutable"));
    assert_eq!(header(&whole, "content-encoding"), "");

    let packed = ask("GET", &name, &[("accept-encoding", "br, gzip")]).expect("a script");
    assert_eq!(header(&packed, "content-encoding"), "gzip");

    let tag = header(&whole, "etag").to_owned();
    let again = ask("GET", &name, &[("if-none-match", &tag)]).expect("a script");
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    let other = ask("GET", &name, &[("if-none-match", "\"other\"")]).expect("a script");
    assert_eq!(other.status(), StatusCode::OK);
}
