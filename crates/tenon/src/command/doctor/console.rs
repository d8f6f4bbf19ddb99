//! The checks of a console.

use std::path::Path;

use super::{
    check::{
        Check, database, disk, failed, good, host_and_port, listening, logs, permissions, reached, warning,
    },
    server,
};
use crate::command::console::config::ConsoleFile;

pub(super) async fn checks(config: &Path) -> Vec<Check> {
    let file: ConsoleFile = match service::config::load(config, "console") {
        Ok(file) => file,
        Err(error) => {
            let found = service::error::Chain(&error).to_string();
            return vec![failed(
                "configuration",
                found,
                "correct the file; docs/operate/console.md has its keys",
            )];
        }
    };
    let mut checks = vec![good("configuration", config.display().to_string())];
    checks.push(permissions(&file.folder));
    checks.push(disk(&file.folder));
    checks.push(database(&file.database_url()).await);
    checks.push(certificate(&file));
    checks.push(listening("port", file.listen).await);
    let fix = "correct DNS, the reverse proxy, or the key `public-url`: sites and people use that address";
    checks.push(reached("public address", &host_and_port(&file.public_url), fix).await);
    checks.extend(server::checks(&file.public_url, None).await);
    checks.extend(logs(file.log_folder()).await);
    checks
}

fn certificate(file: &ConsoleFile) -> Check {
    const NAME: &str = "certificate";
    let Some(tls) = &file.tls else {
        if file.listen.ip().is_loopback() {
            return good(NAME, "none: it listens on a loopback address only");
        }
        let fix = "set the section `tls`, or listen on a loopback address behind a reverse proxy";
        return warning(NAME, "none: it speaks plain HTTP on a network", fix);
    };
    for path in [&tls.certificate, &tls.key] {
        if let Err(error) = std::fs::File::open(path) {
            return failed(NAME, format!("{}: {error}", path.display()), "let the console's user read it");
        }
    }
    good(NAME, tls.certificate.display().to_string())
}
