//! Archives, encodings and files that are not what they seem.

use std::{fs, io::Write as _, path::PathBuf};

use flate2::{
    Compression,
    write::{DeflateEncoder, GzEncoder},
};

use super::*;

const TEXT: &str = "Get one push message from database.\r\n";

/// The logs by name, with their bytes.
type Opened = Vec<(String, Vec<u8>)>;

fn opened(path: &Path) -> (Opened, Vec<(String, String)>) {
    let mut found = Vec::new();
    let notes = open(path, &mut |name, input| {
        let mut bytes = Vec::new();
        input.read_to_end(&mut bytes)?;
        found.push((name.to_owned(), bytes));
        Ok(())
    });
    (found, notes)
}

fn file(folder: &tempfile::TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, bytes).expect("written");
    path
}

fn zipped(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, plain) in entries {
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::best());
        deflate.write_all(plain).expect("memory");
        let packed = deflate.finish().expect("memory");
        let fields = |out: &mut Vec<u8>| {
            out.extend([20, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            out.extend(u32::try_from(packed.len()).expect("small").to_le_bytes());
            out.extend(u32::try_from(plain.len()).expect("small").to_le_bytes());
            out.extend(u16::try_from(name.len()).expect("small").to_le_bytes());
            out.extend([0, 0]);
        };
        directory.extend(b"PK\x01\x02\x14\x00");
        fields(&mut directory);
        directory.extend([0; 10]);
        directory.extend(u32::try_from(bytes.len()).expect("small").to_le_bytes());
        directory.extend(name.as_bytes());
        bytes.extend(b"PK\x03\x04");
        fields(&mut bytes);
        bytes.extend(name.as_bytes());
        bytes.extend(packed);
    }
    let start = u32::try_from(bytes.len()).expect("small");
    bytes.extend(&directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    let count = u16::try_from(entries.len()).expect("few").to_le_bytes();
    bytes.extend([count, count].concat());
    bytes.extend(u32::try_from(directory.len()).expect("small").to_le_bytes());
    bytes.extend(start.to_le_bytes());
    bytes.extend([0, 0]);
    bytes
}

#[test]
fn utf_16_is_read_in_both_orders_with_and_without_a_mark() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = TEXT.repeat(4000) + "Müller 🦀";
    let units: Vec<u16> = text.encode_utf16().collect();
    let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
    for (name, bytes) in [
        ("a.log", [&[0xff, 0xfe][..], &little].concat()),
        ("b.log", [&[0xfe, 0xff][..], &big].concat()),
        ("c.log", little),
        ("d.log", big),
    ] {
        let (found, notes) = opened(&file(&folder, name, &bytes));
        let read = String::from_utf8(found[0].1.clone()).expect("UTF-8");
        assert_eq!(read.trim_start_matches('\u{feff}'), text, "{name}");
        assert!(notes.is_empty());
    }
}

#[test]
fn gzip_and_zip_are_unpacked() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(TEXT.as_bytes()).expect("memory");
    let (found, _) = opened(&file(&folder, "BgbServer.log.gz", &gzip.finish().expect("memory")));
    assert_eq!(found[0].1, TEXT.as_bytes());

    let archive = zipped(&[
        ("mp\\BgbServer.log", TEXT.into()),
        ("mp\\BgbServer.lo_", "older".into()),
        ("readme.md", "x".into()),
    ]);
    let path = file(&folder, "logs.zip", &archive);
    let (found, notes) = opened(&path);
    let names: Vec<&str> =
        found.iter().map(|(name, _)| name.rsplit('!').next().unwrap_or_default()).collect();
    assert_eq!((names, notes.len()), (vec!["mp/BgbServer.lo_", "mp/BgbServer.log"], 0));

    let (found, notes) = opened(&file(&folder, "cut.zip", &archive[..archive.len() - 30]));
    assert!(found.is_empty() && notes[0].1.contains("no whole zip archive"), "{notes:?}");
}

#[test]
fn a_zip_bomb_is_named_and_what_lies_beside_it_was_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let bomb = vec![b'x'; 96 << 20];
    let archive = zipped(&[("a/BgbServer.log", TEXT.into()), ("b/BgbServer.log", bomb)]);
    let mut small = 0;
    let notes = open(&file(&folder, "logs.zip", &archive), &mut |_, input| {
        small += u32::from(io::copy(input, &mut io::sink())? == TEXT.len() as u64);
        Ok(())
    });
    assert_eq!(small, 1);
    assert!(notes.len() == 1 && notes[0].1.contains("zip bomb"), "{notes:?}");
}

#[test]
fn the_holes_of_a_file_of_fifty_gigabytes_are_passed_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = file(&folder, "BgbServer.log", TEXT.as_bytes());
    let sparse = fs::OpenOptions::new().write(true).open(&path).expect("opened");
    sparse.set_len(50 << 30).expect("a sparse file");
    std::os::unix::fs::FileExt::write_all_at(&sparse, TEXT.as_bytes(), (50 << 30) - 4096).expect("written");
    let (found, notes) = opened(&path);
    assert!(notes.is_empty(), "{notes:?}");
    assert!(found[0].1.len() < 1 << 20, "{}", found[0].1.len());
    assert_eq!(memchr::memmem::find_iter(&found[0].1, TEXT.as_bytes()).count(), 2);
}

#[test]
fn what_cannot_be_opened_is_noted_and_the_rest_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = file(&folder, "BgbServer.log", TEXT.as_bytes());
    let found = find(&[folder.path().join("missing"), folder.path().to_owned()]);
    assert_eq!((found.files, found.notes.len()), (vec![good], 1));
}
