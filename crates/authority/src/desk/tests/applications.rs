//! Applications and deployments: what the owner is told, and what a device's manifest says.

use authority_link::{ApplicationAnswer, ApplicationCall, DeploymentIntent};
use proof::{Intent, Manifest};

use super::*;

const TOOL: &str = r#"{"softwareVersion": "1.2", "deploymentTypes": [
    {"name": "t", "detection": {"package": "tool"}, "install": {"run": ["/bin/true"]}}]}"#;

impl Site {
    async fn application(&mut self, call: ApplicationCall) -> Result<ApplicationAnswer, String> {
        match self.owner(OwnerCall::Applications { call: Box::new(call) }).await {
            OwnerAnswer::Applications { said } => Ok(*said),
            OwnerAnswer::NotValid { what, fix } => {
                assert!(!fix.is_empty());
                Err(what)
            }
            other => panic!("not an answer about applications: {other:?}"),
        }
    }

    async fn put(&mut self, name: &str, document: &str) -> Result<ApplicationAnswer, String> {
        self.application(ApplicationCall::Put { name: name.into(), document: document.into() }).await
    }

    async fn deploy(
        &mut self,
        application: &str,
        collection: &str,
        intent: DeploymentIntent,
        deadline: Option<Timestamp>,
    ) -> Result<ApplicationAnswer, String> {
        let (application, collection) = (application.into(), collection.into());
        self.application(ApplicationCall::Deploy { application, collection, intent, deadline }).await
    }

    async fn manifest_of(&mut self, device: DeviceId) -> Manifest {
        let trust = match self.call(Role::ManagementPoint, Call::TrustDocument).await {
            Answer::TrustDocument { document } => document,
            other => panic!("no trust document: {other:?}"),
        };
        let root = self.desk.keys.root_hash();
        let trust = Trusted::verify(&trust, root).expect("trusted");
        match self.call(Role::ManagementPoint, Call::Manifest { device }).await {
            Answer::Manifest { manifest } => {
                Manifest::verify(&manifest, trust.document(), device).expect("signed")
            }
            other => panic!("no manifest: {other:?}"),
        }
    }
}

fn naming(names: &str) -> String {
    TOOL.replacen('{', &format!("{{\"dependsOn\": [{names}], "), 1)
}

#[tokio::test]
async fn a_device_is_given_what_is_deployed_to_it_and_what_that_needs() {
    let mut site = Site::new().await;
    let (inside, outside) = (site.device("shop-1").await, site.device("shop-2").await);
    site.collection("Shops", &[inside]).await;
    for (name, document) in
        [("base", TOOL.to_owned()), ("tool", naming("\"base\"")), ("other", TOOL.to_owned())]
    {
        let put = site.put(name, &document).await;
        assert!(matches!(put, Ok(ApplicationAnswer::Put { version: 1, .. })), "{put:?}");
    }
    let before = site.manifest_of(inside).await;
    assert_eq!((before.applications.len(), before.deployments.len()), (0, 0));
    site.deploy("tool", "Shops", DeploymentIntent::Required, Some(NOW)).await.expect("deployed");

    let manifest = site.manifest_of(inside).await;
    let names: Vec<_> = manifest.applications.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["base", "tool"], "what is depended on comes along");
    let [deployment] = manifest.deployments.as_slice() else { panic!("{manifest:?}") };
    assert_eq!((deployment.application.as_str(), deployment.intent), ("tool", Intent::Required));
    assert_eq!(deployment.deadline, Some(NOW));
    assert!(manifest.generation > before.generation);
    let tool = manifest.applications.iter().find(|one| one.name == "tool").expect("there");
    let call = Call::Document { sha256: tool.sha256.hex() };
    assert_eq!(
        site.call(Role::ManagementPoint, call).await,
        Answer::Document { document: naming("\"base\"") }
    );
    assert_eq!(site.manifest_of(outside).await.deployments, []);
}

#[tokio::test]
async fn of_two_deployments_the_stronger_is_given() {
    let mut site = Site::new().await;
    let device = site.device("shop-1").await;
    site.collection("Shops", &[device]).await;
    site.put("tool", TOOL).await.expect("put");
    site.deploy("tool", "Shops", DeploymentIntent::Available, None).await.expect("deployed");
    let later = Some(NOW.plus(DAY));
    for (intent, deadline, expected) in [
        (DeploymentIntent::Available, later, (Intent::Available, None)),
        (DeploymentIntent::Required, later, (Intent::Required, later)),
        (DeploymentIntent::Removed, later, (Intent::Removed, later)),
    ] {
        site.deploy("tool", "SMS00001", intent, deadline).await.expect("deployed");
        let manifest = site.manifest_of(device).await;
        let [deployment] = manifest.deployments.as_slice() else { panic!("{manifest:?}") };
        assert_eq!((deployment.intent, deployment.deadline), expected, "{intent:?}");
    }
}

#[tokio::test]
async fn what_is_not_valid_is_named_and_changes_nothing() {
    let mut site = Site::new().await;
    let device = site.device("shop-1").await;
    site.collection("Shops", &[device]).await;
    site.put("base", TOOL).await.expect("put");
    site.put("tool", &naming("\"base\"")).await.expect("put");
    let Ok(ApplicationAnswer::Deployed { id }) =
        site.deploy("tool", "Shops", DeploymentIntent::Required, None).await
    else {
        panic!("not deployed")
    };
    let before = site.desk.store.commits();
    let put = |name: &str, document: String| ApplicationCall::Put { name: name.into(), document };
    let remove = |name: &str| ApplicationCall::Remove { application: name.into() };
    let deploy = |application: &str, collection: &str| ApplicationCall::Deploy {
        application: application.into(),
        collection: collection.into(),
        intent: DeploymentIntent::Required,
        deadline: None,
    };
    for (call, says) in [
        (put("", TOOL.into()), "a name is empty"),
        (put("x", "{\"colour\": 1}".into()), "line 1: unknown field `colour`"),
        (put("x", naming("\"nothing\"")), "no such application"),
        (put("base", naming("\"tool\"")), "in a circle: base → tool → base"),
        (put("x", naming("\"x\"")), "in a circle: x → x"),
        (deploy("nothing", "Shops"), "no application `nothing`"),
        (deploy("tool", "Nowhere"), "no collection `Nowhere`"),
        (remove("tool"), "has the deployment DEP00001"),
        (remove("base"), "the application `tool` names `base`"),
        (ApplicationCall::Show { application: "x".into() }, "no application `x`"),
        (ApplicationCall::RemoveDeployment { id: "DEP9".into() }, "no deployment `DEP9`"),
    ] {
        let what = site.application(call).await.expect_err(says);
        assert!(what.contains(says), "`{says}` is missing from `{what}`");
    }
    let removed = site.owner(OwnerCall::RemoveCollection { collection: "Shops".into() }).await;
    assert!(matches!(removed, OwnerAnswer::NotValid { .. }), "{removed:?}");
    assert_eq!(site.desk.store.commits(), before, "a refusal changes nothing");

    for call in [ApplicationCall::RemoveDeployment { id }, remove("tool"), remove("base")] {
        assert_eq!(site.application(call).await, Ok(ApplicationAnswer::Done));
    }
    let put = site.put("tool", TOOL).await;
    assert!(matches!(put, Ok(ApplicationAnswer::Put { version: 2, .. })), "{put:?}");
}

#[tokio::test]
async fn applications_and_deployments_outlive_the_program() {
    let mut site = Site::new().await;
    let device = site.device("shop-1").await;
    site.put("tool", TOOL).await.expect("put");
    site.deploy("APP00001", "SMS00001", DeploymentIntent::Removed, Some(NOW)).await.expect("deployed");
    let before = site.manifest_of(device).await;
    site.desk.stale = true;
    assert_eq!(site.manifest_of(device).await.deployments, before.deployments);
    let Ok(ApplicationAnswer::Application { entry, document }) =
        site.application(ApplicationCall::Show { application: "tool".into() }).await
    else {
        panic!("not shown")
    };
    assert_eq!((entry.software_version.as_str(), entry.deployments, document.as_str()), ("1.2", 1, TOOL));
}
