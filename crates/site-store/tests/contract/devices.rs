//! Devices come, change, connect and go.

use action::{ResourceId, Timestamp};
use site_store::{Compliance, ComplianceSummary};

use crate::support::{NOW, TestStore, after, device, enrolment, facts, new_device, stores};

#[tokio::test]
async fn a_device_is_what_it_last_said() {
    for TestStore { name, store, .. } in stores().await {
        store.put_device(&new_device(1), NOW).await.expect(name);
        let row = store.device(device(1)).await.expect(name).expect(name);
        assert_eq!(
            (row.resource, row.facts.clone(), row.online),
            (ResourceId(1), facts("pc1"), false),
            "{name}"
        );

        assert!(store.put_discovery(device(1), &facts("renamed"), after(60)).await.expect(name), "{name}");
        let renamed = store.device(device(1)).await.expect(name).expect(name);
        assert_eq!((renamed.facts.name.as_str(), renamed.discovered), ("renamed", after(60)), "{name}");
        assert!(renamed.seq > row.seq && renamed.hash() != row.hash(), "{name}");

        let again = site_store::NewDevice { enrolment: enrolment(9), ..new_device(1) };
        store.put_device(&again, after(120)).await.expect(name);
        let again = store.device(device(1)).await.expect(name).expect(name);
        assert_eq!((again.enrolment, again.enrolled), (enrolment(9), NOW), "{name}");
        assert!(!store.put_discovery(device(7), &facts("x"), NOW).await.expect(name), "{name}: nobody");
        assert_eq!(store.device_count().await.expect(name), (1, 0), "{name}");
    }
}

#[tokio::test]
async fn what_says_nothing_new_costs_no_commit() {
    for TestStore { name, store, .. } in stores().await {
        store.put_device(&new_device(1), NOW).await.expect(name);
        store.set_online("ns1", &[(device(1), true)], NOW).await.expect(name);
        let before = store.db().commits();
        store.put_discovery(device(1), &facts("pc1"), after(3_600)).await.expect(name);
        store.set_online("ns1", &[(device(1), true)], after(1)).await.expect(name);
        store.resync_online("ns1", &[device(1)], after(1)).await.expect(name);
        assert_eq!(store.db().commits(), before, "{name}");
        store.put_discovery(device(1), &facts("pc1"), after(25 * 3_600)).await.expect(name);
        assert_eq!(store.db().commits(), before + 1, "{name}: it was seen, a day later");
    }
}

#[tokio::test]
async fn the_newest_report_of_compliance_stands() {
    let report = |generation, at: u64, compliant| Compliance {
        generation,
        at: after(at),
        compliant,
        total: 3,
        report_json: format!("{{\"compliant\":{compliant}}}"),
    };
    for TestStore { name, store, .. } in stores().await {
        store.put_device(&new_device(1), NOW).await.expect(name);
        for report in [report(2, 10, 2), report(2, 5, 0), report(1, 99, 1), report(2, 10, 3)] {
            assert!(store.put_compliance(device(1), &report, after(100)).await.expect(name), "{name}");
        }
        let row = store.device(device(1)).await.expect(name).expect(name);
        assert_eq!(
            row.compliance,
            Some(ComplianceSummary { compliant: 2, total: 3, at: after(10) }),
            "{name}"
        );
        let stored = store.compliance(device(1)).await.expect(name).expect(name);
        assert_eq!(
            (stored.report_json.as_str(), stored.received),
            ("{\"compliant\":2}", after(100)),
            "{name}"
        );
        assert!(!store.put_compliance(device(2), &report(1, 1, 1), NOW).await.expect(name), "{name}: nobody");

        store.remove_device(device(1), NOW).await.expect(name);
        assert_eq!(store.compliance(device(1)).await.expect(name), None, "{name}: gone with its device");
    }
}

#[tokio::test]
async fn who_left_one_server_after_coming_to_another_stays_online() {
    for TestStore { name, store, .. } in stores().await {
        for number in 1..=3 {
            store.put_device(&new_device(number), NOW).await.expect(name);
        }
        let came = [(device(1), true), (device(2), true), (device(9), true)];
        assert_eq!(store.set_online("ns1", &came, after(1)).await.expect(name), 2, "{name}");
        assert_eq!(store.set_online("ns2", &[(device(1), true)], after(2)).await.expect(name), 1, "{name}");
        let left = [(device(1), false), (device(2), false), (device(3), false)];
        assert_eq!(store.set_online("ns1", &left, after(3)).await.expect(name), 1, "{name}");
        assert_eq!(
            online(&store).await,
            [(1, true, after(1)), (2, false, after(3)), (3, false, NOW)],
            "{name}"
        );
        let flapping = [(device(3), true), (device(3), false)];
        assert_eq!(
            store.set_online("ns1", &flapping, after(4)).await.expect(name),
            0,
            "{name}: the last counts"
        );
    }
}

#[tokio::test]
async fn a_resync_makes_the_status_right_for_its_own_server_only() {
    for TestStore { name, store, .. } in stores().await {
        for number in 1..=4 {
            store.put_device(&new_device(number), NOW).await.expect(name);
        }
        store.set_online("ns1", &[(device(1), true), (device(2), true)], after(1)).await.expect(name);
        store.set_online("ns2", &[(device(4), true)], after(1)).await.expect(name);
        let changed =
            store.resync_online("ns1", &[device(2), device(3), device(8)], after(5)).await.expect(name);
        assert_eq!(changed, 2, "{name}");
        let expected = [(1, false, after(5)), (2, true, after(1)), (3, true, after(5)), (4, true, after(1))];
        assert_eq!(online(&store).await, expected, "{name}");
        assert_eq!(store.resync_online("ns1", &[], after(6)).await.expect(name), 2, "{name}");
        assert_eq!(store.device_count().await.expect(name), (4, 1), "{name}");
    }
}

async fn online(store: &site_store::SiteStore) -> Vec<(u64, bool, Timestamp)> {
    let rows = store.devices(None, 100).await.expect("devices");
    rows.iter().map(|row| (row.resource.0, row.online, row.online_changed)).collect()
}
