//! One file per command.

use std::process::ExitCode;

use crate::cli::{Cli, Command};

pub(crate) mod console;
pub(crate) mod site;
pub(crate) mod agent;
pub(crate) mod demo;
pub(crate) mod swarm;
pub(crate) mod setup;
pub(crate) mod login;
pub(crate) mod pair;
pub(crate) mod proxy;
pub(crate) mod session;
pub(crate) mod sign_in;
pub(crate) mod device;
pub(crate) mod action;
pub(crate) mod sign;
pub(crate) mod approve;
pub(crate) mod trace;
pub(crate) mod probe;
pub(crate) mod bundle;
pub(crate) mod diagnose;
pub(crate) mod doctor;
pub(crate) mod attach_code;
pub(crate) mod tenant;
pub(crate) mod user;
pub(crate) mod webhook;
pub(crate) mod token;
pub(crate) mod audit;
pub(crate) mod console_role;
pub(crate) mod device_group;
pub(crate) mod policy;
pub(crate) mod application;
pub(crate) mod deployment;
pub(crate) mod content;
pub(crate) mod collection;
pub(crate) mod scope;
pub(crate) mod role;
pub(crate) mod join_token;
pub(crate) mod backup;
pub(crate) mod generate;

/// Runs the command that was asked for.
pub(crate) async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Console(console) => console::run(console).await?,
        Command::Site(site) => site::run(site).await?,
        Command::Agent(agent) => agent::run(agent).await?,
        Command::Demo(demo) => demo::run(demo).await?,
        Command::Swarm(swarm) => swarm::run(swarm).await?,
        Command::Setup(setup) => setup::run(setup).await?,
        Command::Login(login) => login::sign_in(login).await?,
        Command::Logout(login) => login::sign_out(login).await?,
        Command::Pair(pair) => pair::run(pair).await?,
        Command::Proxy(proxy) => proxy::run(proxy).await?,
        Command::Session(session) => session::run(session).await?,
        Command::SignIn(sign_in) => sign_in::run(sign_in).await?,
        Command::Device(device) => device::run(device).await?,
        Command::Action(action) => return action::run(action).await,
        Command::Sign(sign) => return sign::run(sign).await,
        Command::Approve(approve) => approve::run(approve).await?,
        Command::Trace(trace) => return trace::run(trace).await,
        Command::Bundle(bundle) => bundle::run(bundle).await?,
        Command::Probe(probe) => return probe::run(probe).await,
        Command::Diagnose(diagnose) => return diagnose::run(diagnose).await,
        Command::Doctor(doctor) => return doctor::run(doctor).await,
        Command::AttachCode(attach_code) => attach_code::run(attach_code).await?,
        Command::Tenant(tenant) => tenant::run(tenant).await?,
        Command::User(user) => user::run(user).await?,
        Command::Token(token) => token::run(token).await?,
        Command::Audit(audit) => audit::run(audit).await?,
        Command::ConsoleRole(role) => console_role::run(role).await?,
        Command::DeviceGroup(group) => device_group::run(group).await?,
        Command::Webhook(webhook) => webhook::run(webhook).await?,
        Command::Policy(policy) => policy::run(policy).await?,
        Command::Application(application) => application::run(application).await?,
        Command::Deployment(deployment) => deployment::run(deployment).await?,
        Command::Content(content) => content::run(content).await?,
        Command::Collection(collection) => collection::run(collection).await?,
        Command::Scope(scope) => scope::run(scope).await?,
        Command::Role(role) => role::run(role).await?,
        Command::JoinToken(join_token) => join_token::run(join_token).await?,
        Command::Backup(backup) => backup::run(backup).await?,
        Command::Completions(completions) => generate::completions(&completions)?,
        Command::Man(man) => generate::man(&man)?,
        Command::Openapi => generate::openapi()?,
    }
    Ok(ExitCode::SUCCESS)
}
