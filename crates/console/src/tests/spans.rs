//! The spans of actions.

use action::{DeviceId, Hop, State, Timestamp};
use console_api::HistoryEntry;
use prost::Message as _;
use uuid::Uuid;

use super::world::World;
use crate::spans::{build, is_chosen, otlp};

fn entry(number: u64, device: Option<u128>, hop: Hop, event: State, at: i64) -> HistoryEntry {
    HistoryEntry {
        number,
        device: device.map(|device| DeviceId(Uuid::from_u128(device))),
        hop,
        event,
        at: Timestamp(at),
        why: None,
        rule: None,
        detail: None,
        late: false,
    }
}

#[tokio::test]
async fn an_action_is_one_trace_with_a_span_for_each_hop() {
    let world = World::new().await;
    let site = world.site(&world.ann, 1).await;
    let devices = world.devices(site, 2).await;
    let action = world.action(world.ask(&devices).await).await;
    let asked = action.asked_at.0;
    let history = [
        entry(1, None, Hop::ServiceConnector, State::DeliveredToSite, asked + 10),
        entry(2, None, Hop::Authority, State::Authorized, asked + 15),
        entry(3, Some(1), Hop::NotificationServer, State::Sent, asked + 30),
        // A device whose clock is behind.
        entry(4, Some(1), Hop::Agent, State::Done, asked + 20),
        entry(5, Some(2), Hop::NotificationServer, State::Sent, asked + 35),
    ];
    let spans = build::spans(&action, &history);

    // What a collector reads is what was written.
    let body = otlp::encode("console", spans.clone());
    let read = otlp::ExportRequest::decode(body.as_slice()).expect("a request");
    assert_eq!(read.resource_spans[0].scope_spans[0].spans, spans);

    assert_eq!(spans.len(), 6);
    assert!(spans.iter().all(|span| span.trace_id == action.task_guid.0.as_bytes()));
    let ids: std::collections::BTreeSet<_> = spans.iter().map(|span| &span.span_id).collect();
    assert_eq!(ids.len(), 6, "each span has an id of its own");
    assert!(spans[1..].iter().all(|span| span.parent_span_id == spans[0].span_id));
    let took: Vec<_> =
        spans.iter().map(|span| (span.end_time_unix_nano - span.start_time_unix_nano) / 1_000_000).collect();
    assert_eq!(took, [35, 10, 5, 15, 0, 20]);
    // The same history gives the same spans: whoever sends them twice sends one trace.
    assert_eq!(build::spans(&action, &history), spans);
}

#[test]
fn the_share_is_chosen_by_the_id() {
    let chosen = |share| (0..1_000u128).filter(|n| is_chosen(id(*n), share)).count();
    assert_eq!((chosen(0.0), chosen(1.0)), (0, 1_000));
    assert!((150..350).contains(&chosen(0.25)), "{}", chosen(0.25));
}

/// Ids whose last bytes are spread as those of random ones are.
fn id(n: u128) -> action::TaskGuid {
    action::TaskGuid(Uuid::from_u128(n.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)))
}
