use action::ResourceId;
use authority_link::{DryRun, Forecast, Pace};

use super::*;

async fn dry_run(site: &mut Site, request: &Request, online: &[u64], forecast: Option<Forecast>) -> DryRun {
    let call = Call::DryRun {
        request: BASE64_STANDARD.encode(site.sent(request)),
        vouch: Vouch { user: request.sub, name: "ann".into() },
        online: online.iter().copied().map(ResourceId).collect(),
        forecast,
    };
    match site.call(Role::Connector, call).await {
        Answer::DryRun(dry_run) => *dry_run,
        other => panic!("no dry run: {other:?}"),
    }
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_and_changes_nothing() {
    let mut site = Site::new().await;
    let (one, two) = (site.enrolled("one").await, site.enrolled("two").await);
    let ann = site.person(OPERATOR, "SMS00001").await;
    let request = site.request(ann, collection("SMS00001", 5));
    let forecast = Forecast { ahead: 59, pace: Pace::Rate { per_second: 2 } };
    let before = site.desk.store.commits();
    let told = dry_run(&mut site, &request, &[one.resource.0, 99], Some(forecast)).await;
    assert_eq!((told.count, told.online, told.reason), (2, 1, None));
    assert_eq!(told.rule.as_deref(), Some("role Operations Administrator on collection SMS00001"));
    assert_eq!(told.sent_by, Some(NOW.plus(Duration::from_secs(30))));
    assert_eq!(told.ends_by, NOW.plus(DAY).plus(Duration::from_hours(1)));
    assert_eq!(site.desk.store.commits(), before, "nothing is recorded");

    let named = devices(&[(one.device, "one"), (two.device, "renamed")]);
    let request = site.request(ann, named);
    let told = dry_run(&mut site, &request, &[one.resource.0, two.resource.0], None).await;
    assert_eq!((told.count, told.online, told.sent_by), (1, 1, None));
    let renamed = Reason::TargetRenamed { signed: "renamed".into(), actual: "two".into() };
    assert_eq!(told.refused, [(two.device, renamed)]);

    // Its id is still free.
    assert_eq!(site.allowed(&request).await.count, 1);
}

#[tokio::test]
async fn a_dry_run_gives_the_reason_that_the_request_would_get() {
    let mut site = Site::new().await;
    let device = site.device("one").await;
    let (ann, stranger) = (site.person("Read-only Analyst", "SMS00001").await, UserId(site.id()));
    for user in [ann, stranger] {
        let request = site.request(user, devices(&[(device, "one")]));
        let told = dry_run(&mut site, &request, &[], None).await;
        assert_eq!(told.reason, Some(site.refused(&request).await));
        assert_eq!((told.rule, told.count), (None, 0));
    }
}

#[tokio::test]
async fn a_dry_run_says_that_releases_are_halted() {
    let mut site = Site::new().await;
    let device = site.enrolled("one").await;
    let ann = site.person(OPERATOR, "SMS00001").await;
    assert_eq!(site.owner(OwnerCall::Halt).await, OwnerAnswer::Done);
    let request = site.request(ann, devices(&[(device.device, "one")]));
    let forecast = Forecast { ahead: 0, pace: Pace::AtOnce };
    let told = dry_run(&mut site, &request, &[device.resource.0], Some(forecast)).await;
    assert_eq!((told.online, told.waits, told.sent_by), (1, Some(Reason::SiteHalted), None));
}

#[test]
fn a_forecast_counts_with_what_it_is_told() {
    for (ahead, pace, devices, expected) in [
        (0, Pace::AtOnce, 100_000, Some(0)),
        (0, Pace::Rate { per_second: 42 }, 42, Some(1)),
        (1, Pace::Rate { per_second: 42 }, 42, Some(2)),
        (0, Pace::Rate { per_second: 0 }, 3, Some(3)),
        (9, Pace::Spread { seconds: 600 }, 1, Some(600)),
        (0, Pace::Answered, 1, None),
        (5, Pace::Rate { per_second: 1 }, 0, Some(0)),
    ] {
        let forecast = Forecast { ahead, pace };
        assert_eq!(forecast.seconds_for(devices), expected, "{forecast:?} for {devices}");
    }
}
