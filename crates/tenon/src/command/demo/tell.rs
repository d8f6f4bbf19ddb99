//! What the demo tells its user.

use std::time::Duration;

use super::{files::Plan, setup::Ready};
use crate::print;

/// Prints the address, how to sign in, and commands to try.
pub(super) fn how_to_try_it(plan: &Plan, ready: &Ready, after: Duration) -> anyhow::Result<()> {
    let tenon = ready.program.display();
    let folder = plan.folder.display();
    let text = format!(
        "
Tenon is ready after {:.1} s: a console, an attached site, one real agent (`demo-device`) and {} simulated devices.

  console       {}
  signed in as  {}  (password {})
  device's file {}/etc/motd  (written by the policy `welcome`)
  logs          {folder}/*/logs

Try, in another terminal:

  export TENON_URL={} TENON_TOKEN={} XDG_CONFIG_HOME={}

  # change the file, have policy put it right, and see each hop
  echo changed by hand > {}/etc/motd
  {tenon} action run sync-machine-policy --device demo-device --wait
  cat {}/etc/motd

  # push to all devices of the site at once
  {tenon} action run probe --collection SMS00001 --wait

  # look around
  {tenon} device list --limit 10
  {tenon} action list
  {tenon} site status --site {}

Ctrl-C ends the demo and leaves nothing behind.
",
        after.as_secs_f64(),
        ready.devices.count(),
        plan.url,
        ready.user,
        ready.password,
        plan.device_root.display(),
        plan.url,
        ready.token,
        plan.config_home().display(),
        plan.device_root.display(),
        plan.device_root.display(),
        plan.site.display(),
    );
    Ok(print::line(&text)?)
}
