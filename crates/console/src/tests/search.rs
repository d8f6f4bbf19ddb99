//! Devices found by what identifies them, in every order, and what is shown of those that nobody knows of.

use action::{DeviceId, SiteId};
use console_api::{Device, DeviceCount, OnlineStatus, Page, SeenBy};
use site_link::{Details, DeviceBatch, Part};
use uuid::Uuid;

use super::world::{World, device};

/// Uploads devices that differ in everything that people search by; none of a site whose link is up.
async fn shop(world: &World) -> SiteId {
    let site = world.site(&world.ann, 1).await;
    let devices = (0..30)
        .map(|number| {
            let mut device = device(site, number);
            device.name = format!("Till-{number:02}");
            device.os = if number < 20 { "Debian 12" } else { "Ubuntu 24.04" }.into();
            device.details = Details {
                user: format!("user{}", number % 3),
                serial: format!("SN{:04}X", number * 7),
                addresses: vec![format!("10.1.{number}.9"), format!("2001:db8::{number}")],
                tags: if number == 4 { vec!["Pilot ring".into()] } else { Vec::new() },
            };
            device.discovered =
                (number == 5).then(|| device.online_changed.plus(std::time::Duration::from_secs(9)));
            device.generation = u64::from(number) + 100;
            device
        })
        .collect();
    let batch = DeviceBatch { seq: 1, part: Part::Changes, devices, removed: Vec::new(), checksum: None };
    world.outbox().apply_devices(site, &batch).await.expect("stored");
    world.outbox().link_up(site, world.clock.now()).await.expect("stored");
    site
}

async fn names(world: &World, query: &str) -> Vec<String> {
    let (mut names, mut after) = (Vec::new(), String::new());
    loop {
        let answer = world.get(&format!("/api/v1/devices?limit=7{query}{after}"), &world.ann).await;
        assert_eq!(answer.status, 200, "{}: {query}: {}", world.name, answer.text());
        let page: Page<Device> = answer.json();
        names.extend(page.items.into_iter().map(|device| device.name));
        match page.next {
            Some(next) => after = format!("&after={next}"),
            None => return names,
        }
    }
}

#[tokio::test]
async fn a_device_is_found_by_any_part_of_what_identifies_it() {
    for world in World::each().await {
        shop(&world).await;
        for (search, count) in [
            ("till-07", 1),
            ("TILL-0", 10),
            ("ill-", 30),
            ("user1", 10),
            ("user1+till-0", 3),
            ("sn0014x", 1),
            ("N0014", 1),
            ("10.1.12.9", 1),
            ("db8::12", 1),
            ("pilot", 1),
            ("ring+pilot", 1),
            ("%22pilot", 0),
            ("t", 30),
            ("ti+user2", 10),
            ("il", 0),
            ("%25%25%25", 0),
            ("___", 0),
            ("zzz", 0),
            ("user1+zzz", 0),
            ("till-07+OR+till-08", 0),
            ("%E2%80%AE%00abc", 0),
        ] {
            let found = names(&world, &format!("&search={search}")).await;
            assert_eq!(found.len(), count, "{}: {search}: {found:?}", world.name);
            let counted = world.get(&format!("/api/v1/devices/count?search={search}"), &world.ann).await;
            let expected = DeviceCount { count: count as u64, more: false };
            assert_eq!(counted.json::<DeviceCount>(), expected, "{}: {search}", world.name);
        }
    }
}

#[tokio::test]
async fn a_text_that_changes_is_found_anew() {
    for world in World::each().await {
        let site = shop(&world).await;
        let mut moved = device(site, 3);
        moved.name = "Office-03".into();
        let removed = vec![device(site, 4).id];
        let batch =
            DeviceBatch { seq: 2, part: Part::Changes, devices: vec![moved], removed, checksum: None };
        world.outbox().apply_devices(site, &batch).await.expect("stored");
        for (search, count) in [("till", 28), ("office", 1), ("pilot", 0), ("sn0021x", 0)] {
            let found = names(&world, &format!("&search={search}")).await;
            assert_eq!(found.len(), count, "{}: {search}", world.name);
        }
    }
}

#[tokio::test]
async fn each_order_is_whole_in_both_directions() {
    for world in World::each().await {
        shop(&world).await;
        for by in ["name", "online", "seen", "os", "client_version", "user"] {
            for search in ["", "&search=till", "&status=online"] {
                let forward = names(&world, &format!("&sort={by}{search}")).await;
                let mut backward = names(&world, &format!("&sort=-{by}{search}")).await;
                backward.reverse();
                assert_eq!(forward, backward, "{}: {by}{search}", world.name);
                let expected = if search == "&status=online" { 15 } else { 30 };
                assert_eq!(forward.len(), expected, "{}: {by}{search}", world.name);
            }
        }
        assert_eq!(names(&world, "&sort=-os").await[0], "Till-29", "{}", world.name);
        assert_eq!(names(&world, "&sort=-seen").await[0], "Till-05", "{}", world.name);
        let page: Page<Device> = world.get("/api/v1/devices?limit=2", &world.ann).await.json();
        for (query, field) in
            [("sort=colour", "sort"), (&format!("sort=os&after={}", page.next.expect("more")), "after")]
        {
            let problem = world.get(&format!("/api/v1/devices?{query}"), &world.ann).await.problem();
            assert_eq!((problem.status, problem.field.as_deref()), (422, Some(field)), "{query}");
        }
    }
}

#[tokio::test]
async fn while_the_connector_is_away_nobody_is_online() {
    for world in World::each().await {
        let site = shop(&world).await;
        let count = async |status: &str| names(&world, &format!("&status={status}")).await.len();
        assert_eq!([count("online").await, count("offline").await, count("unknown").await], [15, 15, 0]);
        let shown: Device =
            world.get(&format!("/api/v1/devices/{}", device(site, 5).id), &world.ann).await.json();
        assert_eq!(
            (shown.status, shown.generation, shown.last_seen.by),
            (OnlineStatus::Offline, 105, SeenBy::ManagementPoint)
        );
        let away = world.clock.now();
        world.outbox().link_down(site, away).await.expect("stored");
        assert_eq!([count("online").await, count("offline").await, count("unknown").await], [0, 0, 30]);
        assert_eq!(names(&world, "&filter=online%20%3D%20true").await.len(), 0, "{}", world.name);
        let shown: Device =
            world.get(&format!("/api/v1/devices/{}", device(site, 4).id), &world.ann).await.json();
        assert_eq!(
            (shown.status, shown.online, shown.unknown_since),
            (OnlineStatus::Unknown, false, Some(away))
        );
    }
}

#[tokio::test]
async fn an_export_holds_what_the_search_finds_and_runs_nothing() {
    let world = World::new().await;
    let site = shop(&world).await;
    let mut formula = device(site, 77);
    formula.id = DeviceId(Uuid::from_u128(99));
    formula.name = "=1+1".into();
    formula.details.user = "@evil,\"quoted\"".into();
    let batch = DeviceBatch {
        seq: 2,
        part: Part::Changes,
        devices: vec![formula],
        removed: Vec::new(),
        checksum: None,
    };
    world.outbox().apply_devices(site, &batch).await.expect("stored");
    let answer = world.get("/api/v1/devices.csv", &world.ann).await;
    assert_eq!(answer.headers["content-type"], "text/csv; charset=utf-8");
    let text = answer.text();
    assert_eq!(text.lines().count(), 32);
    assert!(text.contains("\r\n\"'=1+1\",") && text.contains(",\"'@evil,\"\"quoted\"\"\","), "{text}");
    let some = world.get("/api/v1/devices.csv?search=user1&sort=-name", &world.ann).await.text();
    assert_eq!(some.lines().count(), 11);
    assert!(some.lines().nth(1).is_some_and(|line| line.starts_with("Till-28,")), "{some}");
    assert!(world.get("/api/v1/devices.csv", "").await.status == 401);
}

#[tokio::test]
async fn a_filter_as_long_as_an_address_can_be_is_refused() {
    let world = World::new().await;
    // The longest address that HTTP carries here: what is longer never arrives.
    let long = "a".repeat(60_000);
    for parameter in ["search", "filter"] {
        let answer = world.get(&format!("/api/v1/devices?{parameter}={long}"), &world.ann).await;
        assert!(answer.status.is_client_error(), "{parameter}: {}", answer.status);
    }
}
