//! The command line's end of the authority's own socket: administration of a site at the site's host.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::time::Instant;

use authority_link::{Answer, Call, OwnerAnswer, OwnerCall, Role};
use service::call::{Caller, Calls, Endpoint};

use crate::exit::{self, Stop};

/// The authority's socket in a site's folder.
pub(crate) const SOCKET: &str = "authority.sock";
/// How often a starting authority is asked whether it is there.
const ASK_EVERY: Duration = Duration::from_millis(50);

/// Where a site keeps its files, for the commands that speak to it at its host.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct SiteFolder {
    /// The folder of the site on this host
    #[arg(
        long = "site",
        env = "TENON_SITE",
        value_name = "FOLDER",
        default_value = "/var/lib/tenon/site",
        global = true
    )]
    pub(crate) folder: PathBuf,
}

impl SiteFolder {
    /// Returns the path of the authority's socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.join(SOCKET)
    }

    /// Asks the site's authority as its owner.
    pub(crate) async fn ask(&self, owner: OwnerCall) -> anyhow::Result<OwnerAnswer> {
        ask(&self.socket(), owner).await
    }
}

/// The calls of `authority-link`, for the caller of `service`.
#[derive(Debug)]
pub(crate) struct AuthorityCalls;

impl Calls for AuthorityCalls {
    type Call = Call;
    type Answer = Answer;

    fn encode(number: u64, call: &Call) -> Vec<u8> {
        authority_link::encode_call(number, call)
    }

    fn decode(frame: &[u8]) -> Result<(u64, Answer), String> {
        authority_link::decode_answer(frame).map_err(|error| error.to_string())
    }
}

async fn ask(socket: &Path, owner: OwnerCall) -> anyhow::Result<OwnerAnswer> {
    if !socket.exists() {
        return Err(Stop::error(
            exit::FAILED,
            format!("no site answers at {}", socket.display()),
            "start the site (`tenon site`), or name its folder with --site or TENON_SITE",
        ));
    }
    let caller = Caller::<AuthorityCalls>::new(
        Endpoint::Unix(socket.to_owned()),
        Call::Introduce { role: Role::Owner },
    );
    let answer = caller.call(Call::Owner { owner }).await.map_err(|error| {
        Stop::error(
            exit::FAILED,
            format!(
                "failed to ask the site authority at {}: {}",
                socket.display(),
                service::error::Chain(&error)
            ),
            "look at SiteAuthority.log in the site's folder; only root and the authority's own user may ask",
        )
    })?;
    match answer {
        Answer::Owner(answer) => match *answer {
            OwnerAnswer::NotValid { what, fix } => Err(Stop::error(exit::FAILED, what, fix)),
            answer => Ok(answer),
        },
        Answer::Denied { reason } => {
            Err(Stop::error(exit::REFUSED, reason, "ask as root or as the authority's own user"))
        }
        Answer::Failed { what, .. } => {
            Err(Stop::error(exit::FAILED, what, "look at SiteAuthority.log in the site's folder"))
        }
        other => Err(unexpected(&other)),
    }
}

/// An answer of another kind than the call asks for: the two programs are of different versions.
pub(crate) fn unexpected(answer: &impl std::fmt::Debug) -> anyhow::Error {
    let answer = format!("{answer:?}");
    let kind = answer.split([' ', '(', '{']).next().unwrap_or_default();
    Stop::error(
        exit::FAILED,
        format!("the site authority gave an answer of another kind than was asked for (`{kind}`)"),
        "use the `tenon` of the same version as the site's",
    )
}

/// Waits until the authority at `socket` answers.
pub(crate) async fn wait_for(socket: &Path, patience: Duration) -> anyhow::Result<()> {
    let start = Instant::now();
    loop {
        match ask(socket, OwnerCall::Status).await {
            Ok(_) => return Ok(()),
            Err(error) if start.elapsed() > patience => {
                return Err(error
                    .context(format!("the site authority did not answer within {} s", patience.as_secs())));
            }
            Err(_) => tokio::time::sleep(ASK_EVERY).await,
        }
    }
}
