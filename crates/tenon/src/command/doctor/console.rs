//! The checks of a console.

use std::{path::Path, time::Duration};

use action::Timestamp;
use service::check::{
    Check, Fixes, certificate_life, disk, failed, good, host_and_port, listening, permissions, reached,
    resolves, warning,
};

use super::{
    check::{database, logs},
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
    checks.push(certificate(&file, service::clock::now()));
    checks.push(listening("port", file.listen).await);
    let fix = "correct DNS, the reverse proxy, or the key `public-url`: sites and people use that address";
    let public = host_and_port(&file.public_url);
    checks.push(resolves("DNS", std::slice::from_ref(&public), fix).await);
    checks.push(reached("public address", &public, fix).await);
    checks.extend(server::checks(&file.public_url, None, None).await);
    checks.extend(logs(file.log_folder()).await);
    checks
}

fn certificate(file: &ConsoleFile, now: Timestamp) -> Check {
    const NAME: &str = "certificate";
    /// Whoever renews certificates does it weeks before they end.
    const SOON: Duration = Duration::from_hours(14 * 24);
    let Some(tls) = &file.tls else {
        if file.listen.ip().is_loopback() {
            return good(NAME, "none: it listens on a loopback address only");
        }
        let fix = "set the section `tls`, or listen on a loopback address behind a reverse proxy";
        return warning(NAME, "none: it speaks plain HTTP on a network", fix);
    };
    let fix = "let the console's user read it";
    if let Err(error) = std::fs::File::open(&tls.key) {
        return failed(NAME, format!("{}: {error}", tls.key.display()), fix);
    }
    let fixes = Fixes {
        ended: "put a certificate there that is valid; the console reads it again by itself",
        soon: "renew it; the console reads the file again by itself",
    };
    match std::fs::read_to_string(&tls.certificate) {
        Ok(chain) => certificate_life(NAME, &chain, now, SOON, fixes),
        Err(error) => failed(NAME, format!("{}: {error}", tls.certificate.display()), fix),
    }
}

#[cfg(test)]
mod tests {
    use service::check::Outcome;

    use super::*;

    #[test]
    fn the_life_of_the_consoles_certificate_is_looked_at() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cert.pem");
        let file = |listen: &str, tls: bool| -> ConsoleFile {
            let tls = if tls {
                format!("[tls]\ncertificate = \"{0}\"\nkey = \"{0}\"\n", path.display())
            } else {
                String::new()
            };
            let text = format!(
                "folder = \"{}\"\nlisten = \"{listen}\"\npublic-url = \"https://c.example\"\n{tls}",
                folder.path().display()
            );
            service::config::parse(&text, Path::new("console.toml"), "console").expect("valid")
        };
        let now = Timestamp(1_000_000_000_000);
        let outcome = |listen: &str, tls: bool| certificate(&file(listen, tls), now).outcome;
        assert_eq!(outcome("127.0.0.1:1", false), Outcome::Good);
        assert_eq!(outcome("0.0.0.0:1", false), Outcome::Warning);
        assert_eq!(outcome("0.0.0.0:1", true), Outcome::Failed, "there is no file");
        let made = rcgen::generate_simple_self_signed(["c.example".to_owned()]).expect("a certificate");
        std::fs::write(&path, made.cert.pem()).expect("written");
        assert_eq!(outcome("0.0.0.0:1", true), Outcome::Good);
        let late = Timestamp(i64::MAX / 2);
        assert_eq!(certificate(&file("0.0.0.0:1", true), late).outcome, Outcome::Failed, "it has ended");
    }
}
