//! Attaches the site to a console: with a code, once.

use std::path::{Path, PathBuf};

use action::{SiteId, TenantId, Timestamp};
use http::{Method, StatusCode};
use proof::Hash;
use serde::Serialize;
use service::{
    clock, dice,
    error::Chain,
    proxy::{NotAProxy, Proxy},
};
use site_link::{
    ATTACH_PATH, AttachCode, CLOCK_SKEW, CloseReason, NotACode, VERSION,
    attach::{AttachAnswer, AttachProblem, AttachRefusal, AttachRequest, Greeting},
};
use zeroize::Zeroizing;

use crate::{
    ask::{AskError, ask},
    attachment::{Attachment, AttachmentError, load_key, load_or_make_key},
    console_url::{ConsoleUrl, NotAConsoleUrl},
    dial::{DialError, Dialer, issuer},
    link::{Link, close},
    status::{LinkState, status},
};

/// What is needed to attach a site. Its `Debug` would show the code, so it has none.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it holds the code as a person typed it")]
pub struct AttachOptions {
    /// The site's folder.
    pub folder: PathBuf,
    /// The console's address.
    pub console: String,
    /// The code that the console made.
    pub code: String,
    /// The site, as its authority named it.
    pub site: SiteId,
    /// The site's name, as the console's admins will see it.
    pub site_name: String,
    /// SHA-256 of the root key of its authority: the console learns it once, now.
    pub root: Option<Hash>,
    /// The HTTP proxy on the way, where there is one.
    pub proxy: Option<String>,
    /// The certificates to trust for the console instead of the system's, PEM.
    pub ca_file: Option<PathBuf>,
}

/// A site that was attached.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Attached {
    /// The tenant that it belongs to now.
    pub tenant: TenantId,
    /// The console's address.
    pub console_url: ConsoleUrl,
    /// What was checked on the way, in this order.
    pub checks: Vec<&'static str>,
    /// Who issued the certificate that was seen, where it is not the console's own: a proxy reads along. The link's own
    /// keys keep it from changing anything.
    pub reads_along: Option<String>,
}

/// Why a site was not attached.
#[derive(Debug, thiserror::Error)]
pub enum AttachError {
    /// The site is attached already.
    #[error("the site is already attached to {console_url}")]
    AlreadyAttached {
        /// The console.
        console_url: ConsoleUrl,
    },
    /// The console's address is none.
    #[error(transparent)]
    Url(#[from] NotAConsoleUrl),
    /// The proxy's address is none.
    #[error(transparent)]
    ProxySetting(#[from] NotAProxy),
    /// The code is none.
    #[error(transparent)]
    Code(#[from] NotACode),
    /// There is no way to the console.
    #[error("the console cannot be reached")]
    Dial(#[source] DialError),
    /// What answers is not a console.
    #[error("what answers at {console_url} is not a Tenon console: {what}")]
    NotAConsole {
        /// The address.
        console_url: ConsoleUrl,
        /// What it said.
        what: String,
    },
    /// The clocks differ.
    #[error("the console's clock says {console}, this host's says {here}")]
    ClockSkew {
        /// The console's time.
        console: Timestamp,
        /// This host's time.
        here: Timestamp,
    },
    /// The console refuses, or its answer is not to be believed.
    #[error("{detail}")]
    Refused {
        /// Why.
        refusal: AttachRefusal,
        /// In words.
        detail: String,
    },
    /// The console could not do it now.
    #[error("the console could not attach the site now: {detail}")]
    ConsoleFailed {
        /// What it said.
        detail: String,
    },
    /// The site's own files cannot be read or written.
    #[error(transparent)]
    Files(#[from] AttachmentError),
}

impl AttachError {
    /// Returns the name of the check that failed.
    pub fn check(&self) -> &'static str {
        match self {
            AttachError::AlreadyAttached { .. } | AttachError::Files(_) => "site folder",
            AttachError::Url(_) => "address",
            AttachError::ProxySetting(_)
            | AttachError::NotAConsole { .. }
            | AttachError::ConsoleFailed { .. } => "reachability",
            AttachError::Dial(error) => error.check(),
            AttachError::ClockSkew { .. } => "clock",
            AttachError::Code(_) | AttachError::Refused { .. } => "code",
        }
    }

    /// Returns what the site's owner can do.
    pub fn fix(&self) -> &'static str {
        match self {
            AttachError::AlreadyAttached { .. } => "Offboard it first: `tenon site offboard`.",
            AttachError::Url(NotAConsoleUrl::Malformed { .. }) => {
                "Give the address as https://console.example."
            }
            AttachError::Url(NotAConsoleUrl::WithoutTls { .. }) => {
                "Give the console a certificate and use its https address."
            }
            AttachError::ProxySetting(_) => "Correct `connector.proxy` in the site's configuration.",
            AttachError::Code(_) => "Copy the whole code that the console showed, from `TA1.` on.",
            AttachError::Dial(error) => error.fix(),
            AttachError::NotAConsole { .. } => "Check the address: open it in a browser on this host.",
            AttachError::ClockSkew { .. } => "Set both clocks, for example by systemd-timesyncd or chrony.",
            AttachError::Refused { refusal, .. } => refusal.fix(),
            AttachError::ConsoleFailed { .. } => {
                "Try again with the same code; if it stays, look at AdminCenter.log."
            }
            AttachError::Files(AttachmentError::Exposed { .. }) => {
                "If nobody else has read the key: `chmod 600` the file. Otherwise remove it."
            }
            AttachError::Files(AttachmentError::Damaged { .. }) => {
                "Remove the file; if the console still shows the site as attached, offboard it there."
            }
            AttachError::Files(AttachmentError::Read { .. } | AttachmentError::Write { .. }) => {
                "Run the command as the folder's owner or as root, and look whether the disk is full."
            }
        }
    }
}

/// Attaches the site. A connector that runs already takes the attachment up within seconds.
///
/// # Errors
///
/// What failed, with the name of the check and what to do.
pub async fn attach(options: AttachOptions) -> Result<Attached, AttachError> {
    let folder = options.folder.as_path();
    if let Some(attached) = Attachment::load(folder)? {
        return Err(AttachError::AlreadyAttached { console_url: attached.console_url });
    }
    let console_url: ConsoleUrl = options.console.parse()?;
    let code: AttachCode = options.code.parse()?;
    let proxy = options.proxy.as_deref().map(str::parse::<Proxy>).transpose()?;
    let dialer =
        Dialer::new(console_url.clone(), proxy, options.ca_file.as_ref()).map_err(AttachError::Dial)?;

    // Nothing is used up before the way is known to be good.
    let greeting = greet(&dialer).await?;
    let shown = dialer.shown();
    let own = |shown: &Vec<u8>| greeting.certificate.is_none_or(|own| own == Hash::of(shown));
    let reads_along = shown.filter(|shown| !own(shown)).and_then(|shown| issuer(&shown));

    let key = load_or_make_key(folder, &Zeroizing::new(dice::bytes()))?;
    let mut request = AttachRequest::new(&code, options.site, &options.site_name, &key);
    if let Some(root) = options.root {
        request = request.with_root(root, &code);
    }
    let answer = post(&dialer, &request).await?;
    answer
        .verify(&request, &code)
        .map_err(|refusal| AttachError::Refused { refusal, detail: refusal.to_string() })?;
    let attachment = Attachment {
        console_url: console_url.clone(),
        console: answer.console,
        console_key: answer.key,
        tenant: code.tenant,
        site: options.site,
        site_name: options.site_name,
        attached_at: clock::now(),
    };
    attachment.save(folder)?;

    let way = if console_url.is_secure() { "TLS" } else { "loopback" };
    let checks = vec!["reachability", way, "clock", "code"];
    Ok(Attached { tenant: code.tenant, console_url, checks, reads_along })
}

/// Opens the link of a site that was attached, once: both ends prove their keys over the way that the connector will take.
/// A connector that is linked already keeps its place.
///
/// # Errors
///
/// Why the link does not come about.
pub async fn try_link(
    folder: &Path,
    proxy: Option<&str>,
    ca_file: Option<&PathBuf>,
) -> Result<(), NotLinked> {
    if matches!(status(folder)?.link, LinkState::Connected { .. }) {
        return Ok(());
    }
    let attachment = Attachment::load(folder)?.ok_or(NotLinked::NotAttached)?;
    let key = load_key(folder)?.ok_or(NotLinked::NotAttached)?;
    let proxy = proxy.map(str::parse::<Proxy>).transpose()?;
    let dialer = Dialer::new(attachment.console_url.clone(), proxy, ca_file)?;
    let mut link = Link::open(&dialer, &attachment, &key)
        .await
        .map_err(|error| NotLinked::Link { what: Chain(&error).to_string() })?;
    close(&mut link.socket, CloseReason::Stopping).await;
    Ok(())
}

/// Why the link of an attached site does not come about.
#[derive(Debug, thiserror::Error)]
pub enum NotLinked {
    /// The site is not attached, or no longer.
    #[error("the site is not attached")]
    NotAttached,
    /// Its files cannot be read.
    #[error(transparent)]
    Files(#[from] AttachmentError),
    /// The proxy's address is none.
    #[error(transparent)]
    ProxySetting(#[from] NotAProxy),
    /// There is no way to the console.
    #[error("the console cannot be reached")]
    Dial(#[from] DialError),
    /// The console does not take the link.
    #[error("the link does not come about: {what}")]
    Link {
        /// Why.
        what: String,
    },
}

/// Asks who is there, and compares the clocks.
async fn greet(dialer: &Dialer) -> Result<Greeting, AttachError> {
    let (status, body) = asked(dialer, Method::GET, Vec::new()).await?;
    let greeting = match serde_json::from_slice::<Greeting>(&body) {
        Ok(greeting) if status == StatusCode::OK => greeting,
        _ => return Err(not_a_console(dialer, status)),
    };
    if greeting.version != VERSION {
        let refusal = AttachRefusal::VersionUnknown;
        return Err(AttachError::Refused { refusal, detail: refusal.to_string() });
    }
    let here = clock::now();
    if here.since(greeting.at).max(greeting.at.since(here)) > CLOCK_SKEW {
        return Err(AttachError::ClockSkew { console: greeting.at, here });
    }
    Ok(greeting)
}

async fn post(dialer: &Dialer, request: &AttachRequest) -> Result<AttachAnswer, AttachError> {
    let body = serde_json::to_vec(request)
        .map_err(|error| AttachError::ConsoleFailed { detail: error.to_string() })?;
    let (status, body) = asked(dialer, Method::POST, body).await?;
    if status == StatusCode::OK {
        return AttachAnswer::decode(&body).map_err(|_| not_a_console(dialer, status));
    }
    let Ok(problem) = serde_json::from_slice::<AttachProblem>(&body) else {
        return Err(not_a_console(dialer, status));
    };
    match AttachRefusal::named(&problem.reason) {
        Some(refusal) => Err(AttachError::Refused { refusal, detail: problem.detail }),
        None => Err(AttachError::ConsoleFailed { detail: problem.detail }),
    }
}

async fn asked(
    dialer: &Dialer,
    method: Method,
    body: Vec<u8>,
) -> Result<(StatusCode, bytes::Bytes), AttachError> {
    ask(dialer, method, ATTACH_PATH, body).await.map_err(|error| match error {
        AskError::Dial(error) => AttachError::Dial(error),
        AskError::Http(what) => AttachError::NotAConsole { console_url: dialer.console().clone(), what },
    })
}

fn not_a_console(dialer: &Dialer, status: StatusCode) -> AttachError {
    AttachError::NotAConsole { console_url: dialer.console().clone(), what: format!("it answered {status}") }
}
