//! The authority's socket: who calls is known from the peer's credentials, and a connection's calls are answered in order.

use std::{
    collections::BTreeSet,
    fs, io,
    os::unix::fs::{FileTypeExt as _, PermissionsExt as _},
    path::Path,
    sync::Arc,
};

use authority_link::{
    Answer, Call, LARGEST_FRAME, Role, encode_answer,
    server::{AwaitIntroduction, Refusal},
};
use bytes::Bytes;
use service::{clock, error::Chain, frames, log::ComponentLog, shutdown::Shutdown};
use tokio::{
    net::{UnixListener, UnixStream},
    sync::{Mutex, Semaphore},
    task::JoinSet,
    time::{Duration, Instant, timeout},
};

use crate::{counters::Counters, desk::Desk, issuer::Fetcher};

/// The most connections at a time: each role of a site has one for each of its processes, and the owner's are short.
const CONNECTIONS: usize = 256;
/// How long a caller may take to read an answer.
const WRITE_WITHIN: Duration = Duration::from_secs(10);
/// How long a caller may take to introduce itself.
const INTRODUCE_WITHIN: Duration = Duration::from_secs(10);

/// Binds the socket; one that was left behind by a process that is gone is replaced.
pub(crate) fn bind(path: &Path) -> io::Result<UnixListener> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => fs::remove_file(path)?,
        Ok(_) => {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "something that is no socket is there"));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let listener = UnixListener::bind(path)?;
    // The group may connect (the site's other roles); who may call what is decided by the peer's user.
    fs::set_permissions(path, fs::Permissions::from_mode(0o660))?;
    Ok(listener)
}

/// Answers calls until the shutdown begins.
pub(crate) async fn serve(
    listener: UnixListener,
    desk: Arc<Mutex<Desk>>,
    role_users: Vec<u32>,
    counters: Counters,
    log: ComponentLog,
    shutdown: Shutdown,
) {
    let fetcher = Fetcher::default();
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let stream = tokio::select! {
            () = shutdown.begun() => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    log.error(format_args!("Failed to accept a connection: {error}"));
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            log.warn(format_args!("Refused a connection: {CONNECTIONS} are open."));
            continue;
        };
        let roles = roles_of(&stream, &role_users);
        let (desk, log, shutdown) = (Arc::clone(&desk), log.clone(), shutdown.clone());
        let (counters, fetcher) = (counters.clone(), fetcher.clone());
        connections.spawn(async move {
            let _place = place;
            let ways = (&counters, &fetcher);
            if let Err(why) = connection(stream, roles, &desk, ways, &shutdown).await {
                log.warn(format_args!("Closed a connection: {why}"));
            }
        });
    }
    // Each finishes the call that it is at.
    while connections.join_next().await.is_some() {}
}

fn roles_of(stream: &UnixStream, role_users: &[u32]) -> BTreeSet<Role> {
    let own = rustix::process::geteuid().as_raw();
    let user = stream.peer_cred().ok().map(|peer| peer.uid());
    user.map_or_else(BTreeSet::new, |user| roles_for(user, own, role_users))
}

/// Returns the roles that a user may speak for: the authority's own user and root for all, the site's other users for
/// all but the owner.
fn roles_for(user: u32, own: u32, role_users: &[u32]) -> BTreeSet<Role> {
    if user == own || user == 0 {
        return Role::ALL.into();
    }
    if role_users.contains(&user) {
        return [Role::Connector, Role::Notifier, Role::ManagementPoint].into();
    }
    BTreeSet::new()
}

async fn connection(
    mut stream: UnixStream,
    roles: BTreeSet<Role>,
    desk: &Mutex<Desk>,
    (counters, fetcher): (&Counters, &Fetcher),
    shutdown: &Shutdown,
) -> Result<(), String> {
    let first = timeout(INTRODUCE_WITHIN, read(&mut stream, shutdown)).await;
    let Some(first) = first.map_err(|_| "the caller did not introduce itself".to_owned())?? else {
        return Ok(());
    };
    let caller = match AwaitIntroduction::new(roles).on_frame(&first) {
        Ok((caller, number)) => {
            write(&mut stream, &encode_answer(number, &Answer::Done)).await?;
            caller
        }
        Err(refusal) => return refuse(&mut stream, &refusal).await,
    };
    while let Some(frame) = read(&mut stream, shutdown).await? {
        match caller.on_frame(&frame) {
            Ok((number, call)) => {
                let (name, began) = (call.name(), Instant::now());
                let answer = answer(desk, fetcher, caller.role(), call).await;
                counters.answered(name, &answer, began.elapsed());
                write(&mut stream, &encode_answer(number, &answer)).await?;
            }
            Err(refusal) => refuse(&mut stream, &refusal).await?,
        }
    }
    Ok(())
}

/// Answers a call. What must be fetched for it is fetched while the desk is free for others.
async fn answer(desk: &Mutex<Desk>, fetcher: &Fetcher, role: Role, call: Call) -> Answer {
    let wanted = desk.lock().await.wants(&call, clock::now());
    let fetched = match wanted {
        Some(wanted) => Some(fetcher.fetch(wanted).await),
        None => None,
    };
    desk.lock().await.answer(role, call, fetched, clock::now()).await
}

/// Reads the next frame; `None` where the caller has left, or the shutdown begins.
async fn read(stream: &mut UnixStream, shutdown: &Shutdown) -> Result<Option<Bytes>, String> {
    tokio::select! {
        biased;
        () = shutdown.begun() => Ok(None),
        frame = frames::read_frame(stream, LARGEST_FRAME) => frame.map_err(|error| Chain(&error).to_string()),
    }
}

/// Answers a refused frame; an error ends the connection.
async fn refuse(stream: &mut UnixStream, refusal: &Refusal) -> Result<(), String> {
    if let Some((number, answer)) = refusal.answer() {
        write(stream, &encode_answer(number, &answer)).await?;
    }
    if refusal.closes { Err(refusal.to_string()) } else { Ok(()) }
}

async fn write(stream: &mut UnixStream, frame: &[u8]) -> Result<(), String> {
    match timeout(WRITE_WITHIN, frames::write_frame(stream, frame)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(Chain(&error).to_string()),
        Err(_) => Err(format!("the caller did not take an answer within {} s", WRITE_WITHIN.as_secs())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_speaks_for_these_roles() {
        let of = |user| {
            roles_for(user, 500, &[501, 502]).into_iter().map(Role::name).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(of(500), "connector notifier management_point owner");
        assert_eq!(of(0), "connector notifier management_point owner");
        assert_eq!(of(501), "connector notifier management_point");
        assert_eq!(of(502), "connector notifier management_point");
        assert_eq!(of(503), "");
    }
}
