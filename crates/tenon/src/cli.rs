//! The command line's words. What each command does is in the file of its name.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::command::{
    action, agent, application, approve, attach_code, audit, backup, bundle, collection, console,
    console_role, content, demo, deployment, device, device_group, diagnose, doctor, generate, join_token,
    login, pair, policy, probe, proxy, role, scope, session, setup, sign, sign_in, site, swarm, tenant,
    token, trace, user, webhook,
};

/// Attaches sites of Linux machines to one admin center, and shows what became of every action
#[derive(Debug, Parser)]
#[command(name = "tenon", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands, servers first.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a console: the admin center
    Console(console::Console),
    /// Run a site, attach it to a console, or offboard it
    Site(site::Site),
    /// Enrol this machine, so that its agent can serve a site
    Agent(agent::Agent),
    /// Run everything on this machine, with simulated devices, to try it
    Demo(demo::Demo),
    /// Run simulated devices at a site, to see how large it may grow
    Swarm(swarm::Swarm),

    /// Make a console's first tenant and administrator, with the code that it prints at its start
    Setup(setup::Setup),
    /// Sign in at a console
    Login(login::Login),
    /// Sign out and forget the session
    Logout(login::Login),
    /// Have a site know a key of yours, with a code that its owner printed: you sign with it what you ask for
    Pair(pair::Pair),
    /// Take the calls of Microsoft Graph on this machine, and sign them with a service key
    Proxy(proxy::Proxy),
    /// List who is signed in at the console, or end sessions
    Session(session::Session),
    /// Show or set how the people of a tenant sign in: accounts, or an OpenID Connect provider
    SignIn(sign_in::SignIn),
    /// List devices, or show one
    Device(device::Device),
    /// Run a device action, follow it, or withdraw it
    Action(action::Action),
    /// Show in plain words what the page has drafted, and sign it with a native key
    Sign(sign::Sign),
    /// Approve, or refuse, what somebody else has asked for and a site wants two people for
    Approve(approve::Approve),
    /// Show the path of an action: how long each hop took, and where and why it stopped
    Trace(trace::Trace),
    /// Ask for an action that does nothing, again and again, to see that the whole path works
    Probe(probe::Probe),
    /// Put what this machine knows of one action into one file, without secrets
    Bundle(bundle::Bundle),
    /// Read logs of any hop, also Configuration Manager's, and say where actions stopped
    Diagnose(diagnose::Diagnose),
    /// Check a site, a console or an agent on this machine, with what to do
    Doctor(doctor::Doctor),
    /// Make the codes by which sites attach to the console
    AttachCode(attach_code::AttachCode),
    /// Administer a console's tenants (at the console's host)
    Tenant(tenant::Tenant),
    /// Administer the people of a tenant
    User(user::User),
    /// Administer API tokens
    Token(token::Token),
    /// Export who did what at the console, or check that the record is whole
    Audit(audit::Audit),
    /// Administer who may do what at the console (at a site it is `tenon role`)
    ConsoleRole(console_role::ConsoleRole),
    /// Administer the groups of devices for which roles of the console are given
    DeviceGroup(device_group::DeviceGroup),
    /// Tell other systems of actions and connectors
    Webhook(webhook::Webhook),

    /// Administer the policies of a site (at the site's host)
    Policy(policy::Policy),
    /// Administer the applications of a site (at the site's host)
    Application(application::Application),
    /// Administer which collections have which applications (at the site's host)
    Deployment(deployment::Deployment),
    /// Administer the files of applications (at the site's host)
    Content(content::Content),
    /// Administer the collections of a site (at the site's host)
    Collection(collection::Collection),
    /// Administer what roles at a site are limited to beside collections (at the site's host)
    Scope(scope::Scope),
    /// Administer who may act at a site (at the site's host)
    Role(role::Role),
    /// Administer the tokens by which devices join a site (at the site's host)
    JoinToken(join_token::JoinToken),
    /// Copy a console's or a site's stores and keys into a folder
    Backup(backup::Backup),

    /// Print the completion script of a shell
    Completions(generate::Completions),
    /// Write the manual pages into a folder
    Man(generate::Man),
    /// Print the OpenAPI document of the console's API
    Openapi,
}

/// The settings that every server command takes.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ServerOptions {
    /// The configuration file
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The form of the log files
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) log_format: LogFormat,
}

/// The form of log files.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub(crate) enum LogFormat {
    /// The field's framing, as CMTrace and its kin read it
    Text,
    /// One JSON object a line
    Json,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
