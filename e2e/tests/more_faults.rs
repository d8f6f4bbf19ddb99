//! A disk that is full, and a link that is cut.

use std::process::Command;

use action::{ActionKind, State};
use e2e::{World, WorldOptions};

/// A small file system in memory, mounted for one story.
struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    /// Mounts a file system of `megabytes`; `None` where this user may not mount.
    fn mount(folder: &std::path::Path, megabytes: u32) -> Option<Self> {
        std::fs::create_dir_all(folder).expect("a folder");
        let size = format!("size={megabytes}m,mode=0700");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tenon-story"]).arg(folder).status();
        mounted.is_ok_and(|status| status.success()).then(|| Self(folder.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazy: a program of the story may still be ending.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[tokio::test]
async fn on_a_full_disk_the_site_takes_nothing_and_goes_on_when_there_is_room() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("site");
    let Some(_disk) = SmallDisk::mount(&folder, 24) else {
        panic!("this story mounts a tmpfs: run it as root");
    };
    let options = WorldOptions { site_folder: Some(folder.clone()), ..WorldOptions::default() };
    let world = World::start(options).await;
    let _agent = world.add_agent("kassa-1");
    let device = world.device("kassa-1", |device| device.online).await;
    let first = world.ask(ActionKind::PROBE, &device).await;
    assert_eq!(world.ended(first).await.state, State::Done);

    let ballast = folder.join("ballast");
    fill(&ballast);
    let second = world.ask(ActionKind::PROBE, &device).await;
    // The site cannot store it: the console keeps it, and nothing is acknowledged.
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    let waiting = world.client.action(second).await.expect("the console shows it");
    assert_eq!(waiting.state, State::Pending, "{waiting:#?}");

    std::fs::remove_file(&ballast).expect("room again");
    assert_eq!(world.ended(second).await.state, State::Done);
}

/// Writes until the disk is full, and then in ever smaller pieces until nothing fits.
fn fill(path: &std::path::Path) {
    use std::io::Write as _;
    let mut file = std::fs::File::create(path).expect("a file");
    for size in [1 << 20, 64 << 10, 4 << 10, 1 << 9, 1] {
        while file.write_all(&vec![0u8; size]).is_ok() {}
    }
}
