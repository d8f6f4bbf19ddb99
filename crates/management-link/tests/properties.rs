//! What holds for every message: what one end writes the other reads, and no bytes make a reader panic.

use action::Timestamp;
use http::{Method, Response};
use management_link::{
    Call, ComplianceReport, Details, Discovery, EnrolRequest, LARGEST_BODY, MOST_RESOURCES, Omitted,
    RenewRequest, ResourceReport, ResourceStatus, Route, StateMessage, client, server,
};
use proptest::prelude::*;

/// Texts of every kind: empty, long, with control characters and letters of several bytes.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => ".{0,12}",
        1 => "[\\x00-\\x1f\\x7f\u{85}a]{1,8}",
        1 => (any::<char>(), 0usize..2_000).prop_map(|(c, count)| c.to_string().repeat(count)),
    ]
}

fn discovery() -> impl Strategy<Value = Discovery> {
    (text(), text(), text(), text(), text(), text(), text()).prop_map(
        |(name, os, os_version, architecture, client_version, hardware, tag)| Discovery {
            name,
            os,
            os_version,
            architecture,
            client_version,
            hardware,
            details: Details { tags: vec![tag], ..Details::default() },
        },
    )
}

fn status() -> impl Strategy<Value = ResourceStatus> {
    prop::sample::select(vec![
        ResourceStatus::Compliant,
        ResourceStatus::Changed,
        ResourceStatus::Failed,
        ResourceStatus::Skipped,
        ResourceStatus::NotApplicable,
    ])
}

fn resource() -> impl Strategy<Value = ResourceReport> {
    (text(), text(), text(), status(), text()).prop_map(|(policy, resource, kind, status, detail)| {
        ResourceReport { policy, resource, kind, status, detail }
    })
}

fn report() -> impl Strategy<Value = ComplianceReport> {
    let few = prop::collection::vec(resource(), 0..8);
    let many = (resource(), 0usize..3_000).prop_map(|(resource, count)| vec![resource; count]);
    let omitted = (0u32..9, 0u32..9, 0u32..9, 0u32..9).prop_map(|(compliant, changed, failed, skipped)| {
        Omitted { compliant, changed, failed, skipped, not_applicable: skipped / 2 }
    });
    (any::<u64>(), 0i64..4_000_000_000_000, prop_oneof![3 => few, 1 => many], omitted).prop_map(
        |(generation, at, resources, omitted)| ComplianceReport {
            generation,
            at: Timestamp(at),
            resources,
            omitted,
        },
    )
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        Just(Call::Trust),
        Just(Call::Manifest),
        Just(Call::Time),
        any::<[u8; 32]>().prop_map(|sha256| Call::Document { sha256 }),
        "[ -~\n]{0,400}".prop_map(|csr| Call::Renew(RenewRequest { csr })),
        ("[!-~]{0,64}", "[!-~]{0,64}", discovery()).prop_map(|(token, secret, discovery)| Call::Enrol(
            EnrolRequest { token, secret, csr: "csr".to_owned(), discovery }
        )),
        discovery().prop_map(|discovery| Call::State(StateMessage::Discovery(discovery))),
        report().prop_map(|report| Call::State(StateMessage::Compliance(report))),
    ]
}

/// Returns the call as the other end must read it.
fn fitted(call: &Call) -> Call {
    match call {
        Call::Enrol(request) => Call::Enrol(request.fitted()),
        Call::State(message) => Call::State(message.fitted()),
        other => other.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_an_agent_writes_is_read(call in call()) {
        let request = client::request(&call);
        prop_assert!(request.body().len() <= LARGEST_BODY);
        let read = server::read(request.method(), request.uri().path(), request.body()).expect("a call");
        prop_assert_eq!(&read, &fitted(&call));
        prop_assert_eq!(fitted(&read), read);
    }

    #[test]
    fn a_report_that_is_cut_keeps_its_counts(report in report()) {
        let fitted = report.fitted();
        prop_assert_eq!(fitted.compliant_of_total(), report.compliant_of_total());
        prop_assert!(fitted.resources.len() <= MOST_RESOURCES);
    }

    #[test]
    fn no_bytes_make_the_management_point_panic(body in prop::collection::vec(any::<u8>(), 0..64), path in ".{0,20}") {
        let _ = server::read(&Method::POST, &path, &body);
        for route in Route::ALL {
            let _ = server::read(&route.method(), route.path(), &body);
        }
    }

    #[test]
    fn no_bytes_make_an_agent_panic(body in prop::collection::vec(any::<u8>(), 0..64), status in 100u16..600) {
        let response = Response::builder().status(status).body(body).expect("a response");
        for route in Route::ALL {
            let _ = client::read(route, &response);
        }
    }

    #[test]
    fn a_spoiled_message_is_refused_or_read(call in call(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let request = client::request(&call);
        let mut body = request.body().clone();
        if !body.is_empty() {
            let at = at.index(body.len());
            body[at] = byte;
            let _ = server::read(request.method(), request.uri().path(), &body);
            let _ = server::read(request.method(), request.uri().path(), &body[..at]);
        }
    }
}
