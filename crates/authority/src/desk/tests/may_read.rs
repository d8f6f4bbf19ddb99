use super::*;

async fn may_read(site: &mut Site, device: DeviceId, user: UserId) -> Answer {
    let vouch = Vouch { user, name: "ann".into() };
    site.call(Role::Connector, Call::MayRead { device, vouch, logs: false }).await
}

#[tokio::test]
async fn reading_needs_less_than_acting_and_names_what_is_missing() {
    let mut site = Site::new().await;
    let device = site.device("one").await;
    let (analyst, stranger) = (site.person("Read-only Analyst", "SMS00001").await, UserId(site.id()));
    match may_read(&mut site, device, analyst).await {
        Answer::MayRead { rule, collections } => {
            assert_eq!(rule, "role Read-only Analyst on collection SMS00001");
            assert_eq!(collections[0].0, "SMS00001");
        }
        other => panic!("not allowed: {other:?}"),
    }
    let unknown = DeviceId(site.id());
    for (device, user) in [(device, stranger), (unknown, stranger)] {
        match may_read(&mut site, device, user).await {
            Answer::MayNotRead { reason: Reason::UserUnknownToSite { grantor: Some(_), .. } } => {}
            other => panic!("no refusal of an unknown person: {other:?}"),
        }
    }
}

#[tokio::test]
async fn the_agents_logs_need_a_permission_of_their_own() {
    let mut site = Site::new().await;
    let device = site.device("one").await;
    let analyst = site.person("Read-only Analyst", "SMS00001").await;
    let operator = site.person("Operations Administrator", "SMS00001").await;
    let call = |user| Call::MayRead { device, vouch: Vouch { user, name: "ann".into() }, logs: true };
    match site.call(Role::Connector, call(analyst)).await {
        Answer::MayNotRead { reason: Reason::RoleLacksPermission { permission, .. } } => {
            assert_eq!(permission, "Collection / Collect Logs");
        }
        other => panic!("the analyst reads logs: {other:?}"),
    }
    let read = site.call(Role::Connector, call(operator)).await;
    assert!(matches!(read, Answer::MayRead { .. }), "{read:?}");
}
