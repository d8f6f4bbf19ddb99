//! `tenon approve`: approve, or refuse, what somebody else has asked for, with a key of your own.

use action::TaskGuid;
use console_api::Signer;
use proof::{Approval, Hash, Level, approval::Says, request::Sent};

use crate::{
    asked,
    exit::{self, Stop},
    keys::Keys,
    print,
    session::{ConsoleOptions, refused},
};

/// `tenon approve`.
#[derive(Debug, clap::Args)]
pub(crate) struct Approve {
    #[command(flatten)]
    console: ConsoleOptions,
    /// The action that waits for an approval
    task_guid: TaskGuid,
    /// Refuse it
    #[arg(long)]
    refuse: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

/// Shows the request as it was sent, and signs its hash.
pub(crate) async fn run(approve: Approve) -> anyhow::Result<()> {
    let client = approve.console.client()?;
    let sent = client.sent_request(approve.task_guid).await.map_err(refused)?;
    let bytes = sent.request.as_bytes();
    let request = Sent::claimed(bytes).map_err(|error| other_than_asked(&service::error::Chain(&error)))?;
    if request.id != approve.task_guid || request.site != sent.site {
        return Err(other_than_asked(&"it is another action's"));
    }
    let Some(site_nonce) = sent.site_nonce else {
        return Err(Stop::error(
            exit::FAILED,
            "the site has not connected since it was attached",
            "start the site, then approve",
        ));
    };
    let me = client.me().await.map_err(refused)?;
    let now = service::clock::now();
    let signer = Keys::read()?.of_site(request.site, Some(me.id), now)?;
    asked::show(&request, &request.site.to_string())?;
    let says = if approve.refuse { Says::Refuse } else { Says::Approve };
    asked::confirm(question(says), approve.yes)?;
    let text = signed(&signer, approve.task_guid, Hash::of(bytes), says, site_nonce);
    let approved = client.approve(approve.task_guid, text).await.map_err(refused)?;
    print::line(told(says, approved.allowed))?;
    Ok(())
}

/// Asks about what is to be said.
pub(super) fn question(says: Says) -> &'static str {
    match says {
        Says::Approve => "Approve this?",
        Says::Refuse => "Refuse this?",
    }
}

/// Says what became of it.
pub(super) fn told(says: Says, allowed: bool) -> &'static str {
    match (says, allowed) {
        (Says::Approve, true) => "approved: the action is on its way",
        (Says::Approve, false) => {
            "approved, and refused by the site's rules as they are now: look at the action"
        }
        (Says::Refuse, _) => "refused: whoever asked is told",
    }
}

/// Signs what a person says of a request.
pub(super) fn signed(
    signer: &Signer,
    task_guid: TaskGuid,
    approves: Hash,
    says: Says,
    site_nonce: String,
) -> String {
    debug_assert_eq!(signer.level, Level::Native, "a page approves nothing");
    let approval = Approval {
        v: Approval::VERSION.to_owned(),
        approves,
        id: task_guid,
        says,
        sub: signer.user,
        jkt: signer.key.public().thumbprint(),
        tenant: signer.tenant,
        site: signer.site,
        console: signer.console,
        iat: service::clock::now(),
        site_nonce,
    };
    approval.sign(&signer.key)
}

fn other_than_asked(what: &dyn std::fmt::Display) -> anyhow::Error {
    Stop::error(
        exit::REFUSED,
        format!("nothing was signed: what the console shows is not the request of this action: {what}"),
        "do not use this console until its owner has looked; approve at the site: `tenon site approve`",
    )
}
