//! The authority's socket: who calls is known from the peer's credentials, and a connection's calls are answered in order.

use std::{collections::BTreeSet, fs, io, os::unix::fs::PermissionsExt as _, path::Path, sync::Arc};

use authority_link::{LARGEST_FRAME, Role, encode_answer, server::AwaitIntroduction};
use service::{clock, error::Chain, frames, log::ComponentLog, shutdown::Shutdown};
use tokio::{
    net::{UnixListener, UnixStream},
    sync::{Mutex, Semaphore},
    task::JoinSet,
    time::{Duration, timeout},
};

use crate::desk::Desk;

/// The most connections at a time: each role of a site has one for each of its processes, and the owner's are short.
const CONNECTIONS: usize = 256;
/// How long a caller may take to read an answer.
const WRITE_WITHIN: Duration = Duration::from_secs(10);
/// How long a caller may take to introduce itself.
const INTRODUCE_WITHIN: Duration = Duration::from_secs(10);

/// Binds the socket; one that was left behind by a process that is gone is replaced.
pub(crate) fn bind(path: &Path) -> io::Result<UnixListener> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
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
    log: ComponentLog,
    shutdown: Shutdown,
) {
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
        connections.spawn(async move {
            let _place = place;
            tokio::select! {
                // A call that has begun is finished: the lock is held until its commit, and only reading is given up.
                ended = connection(stream, roles, &desk) => if let Err(why) = ended {
                    log.warn(format_args!("Closed a connection: {why}"));
                },
                () = shutdown.begun() => {}
            }
        });
    }
    // What holds the lock commits first.
    drop(desk.lock().await);
    connections.shutdown().await;
}

/// Returns the roles that a peer may speak for: the authority's own user and root for all, the site's other users for all but
/// the owner.
fn roles_of(stream: &UnixStream, role_users: &[u32]) -> BTreeSet<Role> {
    let own = rustix::process::geteuid().as_raw();
    match stream.peer_cred().map(|peer| peer.uid()) {
        Ok(user) if user == own || user == 0 => Role::ALL.into(),
        Ok(user) if role_users.contains(&user) => {
            [Role::Connector, Role::Notifier, Role::ManagementPoint].into()
        }
        Ok(_) | Err(_) => BTreeSet::new(),
    }
}

async fn connection(mut stream: UnixStream, roles: BTreeSet<Role>, desk: &Mutex<Desk>) -> Result<(), String> {
    let first = timeout(INTRODUCE_WITHIN, frames::read_frame(&mut stream, LARGEST_FRAME)).await;
    let first = first.map_err(|_| "the caller did not introduce itself".to_owned())?;
    let Some(first) = first.map_err(|error| Chain(&error).to_string())? else { return Ok(()) };
    let caller = match AwaitIntroduction::new(roles).on_frame(&first) {
        Ok((caller, number)) => {
            write(&mut stream, &encode_answer(number, &authority_link::Answer::Done)).await?;
            caller
        }
        Err(refusal) => {
            if let Some((number, answer)) = refusal.answer() {
                write(&mut stream, &encode_answer(number, &answer)).await?;
            }
            return Err(refusal.to_string());
        }
    };
    loop {
        let frame = frames::read_frame(&mut stream, LARGEST_FRAME).await;
        let Some(frame) = frame.map_err(|error| Chain(&error).to_string())? else { return Ok(()) };
        match caller.on_frame(&frame) {
            Ok((number, call)) => {
                let answer = desk.lock().await.answer(caller.role(), call, clock::now()).await;
                write(&mut stream, &encode_answer(number, &answer)).await?;
            }
            Err(refusal) => {
                if let Some((number, answer)) = refusal.answer() {
                    write(&mut stream, &encode_answer(number, &answer)).await?;
                }
                if refusal.closes {
                    return Err(refusal.to_string());
                }
            }
        }
    }
}

async fn write(stream: &mut UnixStream, frame: &[u8]) -> Result<(), String> {
    match timeout(WRITE_WITHIN, frames::write_frame(stream, frame)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(Chain(&error).to_string()),
        Err(_) => Err(format!("the caller did not take an answer within {} s", WRITE_WITHIN.as_secs())),
    }
}
