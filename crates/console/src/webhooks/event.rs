//! What a webhook is told: CloudEvents of the tenant's changes.

use action::{State, TenantId, Timestamp};
use console_api::{Change, LiveChange, SiteState};
use serde_json::json;

use crate::store::{Event, Following};

/// The types of events.
pub(crate) const TYPES: [&str; 6] = [
    "tenon.action.asked",
    "tenon.action.ended",
    "tenon.site.connected",
    "tenon.site.away",
    "tenon.site.offboarded",
    SKIPPED,
];

/// Changes are no longer kept that a webhook has not seen: it was behind for too long.
const SKIPPED: &str = "tenon.events.skipped";

/// Returns the events that a webhook wants of these changes.
pub(crate) fn events(webhook: &Following, changes: &[LiveChange], now: Timestamp) -> Vec<Event> {
    let gap = changes.first().filter(|first| first.id > webhook.seen + 1);
    let skipped = gap.map(|first| {
        let data = json!({ "from": webhook.seen + 1, "to": first.id - 1 });
        (webhook.seen + 1, SKIPPED, webhook.tenant.to_string(), data)
    });
    let told = changes.iter().filter_map(|change| {
        let (kind, subject) = told(&change.change)?;
        Some((change.id, kind, subject, serde_json::to_value(&change.change).unwrap_or_default()))
    });
    let wanted = |kind: &str| webhook.types.is_empty() || webhook.types.iter().any(|wanted| wanted == kind);
    let all = skipped.into_iter().chain(told);
    all.filter(|(_, kind, ..)| wanted(kind))
        .map(|(number, kind, subject, data)| Event {
            number,
            body: cloud_event(webhook.tenant, number, kind, &subject, data, now),
        })
        .collect()
}

fn cloud_event(
    tenant: TenantId,
    number: u64,
    kind: &str,
    subject: &str,
    data: serde_json::Value,
    now: Timestamp,
) -> String {
    json!({
        "specversion": "1.0",
        "id": number.to_string(),
        "source": format!("/tenants/{tenant}"),
        "type": kind,
        "subject": subject,
        "time": now.to_string(),
        "datacontenttype": "application/json",
        "data": data,
    })
    .to_string()
}

/// Returns the type of a change and what it concerns; none for what webhooks are not told.
fn told(change: &Change) -> Option<(&'static str, String)> {
    match change {
        Change::Action(action) if action.state == State::Pending => {
            Some(("tenon.action.asked", action.task_guid.to_string()))
        }
        Change::Action(action) if action.state.is_concluded() => {
            Some(("tenon.action.ended", action.task_guid.to_string()))
        }
        Change::Action(_) | Change::Devices(_) | Change::Reset => None,
        Change::Site(site) => {
            let kind = match (site.state, site.link.up) {
                (SiteState::Offboarded, _) => "tenon.site.offboarded",
                (SiteState::Attached, true) => "tenon.site.connected",
                (SiteState::Attached, false) => "tenon.site.away",
            };
            Some((kind, site.site.to_string()))
        }
    }
}

#[cfg(test)]
mod tests {
    use action::{SiteId, TaskGuid};
    use console_api::{ActionChange, Counts, Link, SiteChange};
    use serde_json::Value;
    use uuid::Uuid;

    use super::*;

    fn action(id: u64, state: State) -> LiveChange {
        let (task_guid, site) = (TaskGuid(Uuid::from_u128(7)), SiteId(Uuid::nil()));
        let change = ActionChange { task_guid, site, state, counts: Counts::new(), total: 1, concluded: 0 };
        LiveChange { id, change: Change::Action(change) }
    }

    fn webhook(seen: u64, types: &[&str]) -> Following {
        let types = types.iter().map(|kind| (*kind).to_owned()).collect();
        Following { tenant: TenantId(Uuid::nil()), id: Uuid::nil(), types, seen }
    }

    #[track_caller]
    fn check(webhook: &Following, changes: &[LiveChange], expected: &[(u64, &str)]) {
        let told = events(webhook, changes, Timestamp(0));
        let types: Vec<(u64, String)> = told
            .iter()
            .map(|event| {
                let body: Value = serde_json::from_str(&event.body).expect("JSON");
                assert_eq!(
                    (&body["specversion"], &body["id"]),
                    (&json!("1.0"), &json!(event.number.to_string()))
                );
                (event.number, body["type"].as_str().expect("a type").to_owned())
            })
            .collect();
        let types: Vec<(u64, &str)> = types.iter().map(|(number, kind)| (*number, kind.as_str())).collect();
        assert_eq!(types, expected);
        assert!(types.iter().all(|(_, kind)| TYPES.contains(kind)));
    }

    #[test]
    fn the_beginning_and_the_end_of_an_action_are_told() {
        let changes = [action(5, State::Pending), action(6, State::Sent), action(7, State::Failed)];
        check(&webhook(4, &[]), &changes, &[(5, "tenon.action.asked"), (7, "tenon.action.ended")]);
        check(&webhook(4, &["tenon.action.ended"]), &changes, &[(7, "tenon.action.ended")]);
        check(&webhook(4, &["tenon.site.away"]), &changes, &[]);
    }

    #[test]
    fn connectors_come_and_go() {
        let site = |id, state, up| {
            let (site, link) = (SiteId(Uuid::nil()), Link { up, since: None });
            LiveChange { id, change: Change::Site(SiteChange { site, state, link }) }
        };
        let changes = [
            site(1, SiteState::Attached, true),
            site(2, SiteState::Attached, false),
            site(3, SiteState::Offboarded, false),
        ];
        let expected = [(1, "tenon.site.connected"), (2, "tenon.site.away"), (3, "tenon.site.offboarded")];
        check(&webhook(0, &[]), &changes, &expected);
    }

    #[test]
    fn what_was_missed_is_said() {
        let changes = [action(50, State::Done)];
        check(&webhook(9, &[]), &changes, &[(10, "tenon.events.skipped"), (50, "tenon.action.ended")]);
    }
}
