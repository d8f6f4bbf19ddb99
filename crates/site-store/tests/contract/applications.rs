//! How applications stand on devices.

use site_store::ApplicationRow;

use crate::support::{NOW, TestStore, after, device, new_device, stores};

fn row(application: &str, state: &str, at: u64) -> ApplicationRow {
    ApplicationRow {
        application: application.into(),
        deployment: "DEP00001".into(),
        state: state.into(),
        detail: String::new(),
        at: after(at),
    }
}

#[tokio::test]
async fn the_newest_report_of_a_device_stands() {
    for TestStore { name, store, .. } in stores().await {
        assert!(!store.put_applications(device(1), &[row("tool", "failed", 1)], NOW).await.expect(name));
        for number in 1..=2 {
            store.put_device(&new_device(number), NOW).await.expect(name);
        }
        let report = [row("base", "installed", 5), row("tool", "failed", 5)];
        assert!(store.put_applications(device(1), &report, NOW).await.expect(name), "{name}");
        assert_eq!(store.applications(device(1)).await.expect(name), report, "{name}");
        assert!(store.put_applications(device(1), &[row("tool", "installed", 4)], NOW).await.expect(name));
        assert_eq!(store.applications(device(1)).await.expect(name), report, "{name}: an older one");
        store.put_applications(device(2), &[row("tool", "installed", 4)], NOW).await.expect(name);
        store.put_applications(device(1), &[row("tool", "installed", 6)], NOW).await.expect(name);
        let counts = store.application_counts().await.expect(name);
        assert_eq!(counts, [("tool".into(), "installed".into(), 2)], "{name}");
        assert!(store.put_applications(device(1), &[], NOW).await.expect(name), "{name}");
        assert_eq!(store.applications(device(1)).await.expect(name), [], "{name}");
    }
}
