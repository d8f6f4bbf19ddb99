//! `tenon session`: who is signed in, and ending that.

use action::UserId;
use uuid::Uuid;

use crate::{
    print,
    session::{ConsoleOptions, refused},
};

/// `tenon session`.
#[derive(Debug, clap::Args)]
pub(crate) struct Session {
    #[command(flatten)]
    console: ConsoleOptions,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// List your sessions, or those of others
    List {
        /// Those of this person, by id
        #[arg(long)]
        user: Option<UserId>,
        /// Those of everybody in the tenant
        #[arg(long, conflicts_with = "user")]
        all: bool,
    },
    /// End a session
    Revoke {
        /// The session's id
        id: Uuid,
    },
    /// End all sessions of a person
    RevokeAll {
        /// The person's id
        user: UserId,
    },
}

/// Runs `tenon session`.
pub(crate) async fn run(session: Session) -> anyhow::Result<()> {
    let client = session.console.client()?;
    match session.what {
        What::List { user, all } => {
            let sessions = client.sessions(user, all).await.map_err(refused)?;
            if session.console.json {
                return print::json(&sessions);
            }
            let rows: Vec<_> = sessions
                .into_iter()
                .map(|s| {
                    let this = if s.current { "this one" } else { "" };
                    let (created, expires) = (s.created.to_string(), s.expires.to_string());
                    vec![s.id.to_string(), s.user_name, s.method, s.from, created, expires, this.to_owned()]
                })
                .collect();
            print::table(&["ID", "NAME", "BY", "FROM", "SINCE", "UNTIL", ""], &rows)?;
        }
        What::Revoke { id } => {
            client.revoke_session(id).await.map_err(refused)?;
            print::line(&format!("the session {id} has ended"))?;
        }
        What::RevokeAll { user } => {
            client.revoke_sessions(user).await.map_err(refused)?;
            print::line(&format!("{user} is signed out everywhere"))?;
        }
    }
    Ok(())
}
