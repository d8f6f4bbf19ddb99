//! What agents send to a management point, what it answers, and the filters that administrators write.

use http::Response;
use management_link::{Route, client, server};

/// A filter that is read gives itself back from its text, and its conditions count their values.
pub(super) fn filter(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let fields = filter::device::SEARCH;
    if let Ok(filter) = filter::Filter::parse(text, fields) {
        assert_eq!(filter::Filter::parse(&filter.to_string(), fields).as_ref(), Ok(&filter), "{text:?}");
        let condition = filter.to_sql(filter::Dialect::Postgres, 1, &|_| "d.x");
        assert!(condition.text.contains(&format!("${}", condition.values.len())), "{text:?}");
        let _ = filter.matches(&|_| None);
    }
}

/// A call: its path on the first line, its body behind it. One that is read fits the wire as it is.
pub(super) fn call(bytes: &[u8]) {
    let Some((path, body)) = head(bytes) else { return };
    for route in Route::ALL {
        if let Ok(call) = server::read(&route.method(), path, body) {
            let request = client::request(&call);
            assert!(server::read(request.method(), request.uri().path(), request.body()).is_ok(), "{path:?}");
        }
    }
}

/// An answer: its status on the first line, its body behind it.
pub(super) fn answer(bytes: &[u8]) {
    let Some((status, body)) = head(bytes) else { return };
    let Ok(response) = Response::builder().status(status).body(body) else { return };
    for route in Route::ALL {
        let _ = client::read(route, &response);
    }
}

fn head(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    Some((std::str::from_utf8(&bytes[..end]).ok()?, &bytes[end + 1..]))
}
