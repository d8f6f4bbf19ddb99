//! Replays every committed input, and tries some mutations of each: always the same ones.

use std::{collections::BTreeSet, fs, path::Path};

use fuzz::{Campaign, TARGETS, corpus_folder, inputs};

/// Mutations of each target: enough to notice a decoder that falls over at once, within a second or two.
const MUTATIONS: u64 = 1_000;

#[test]
fn no_decoder_breaks_on_a_committed_input() {
    for target in TARGETS {
        let known = inputs(&corpus_folder(target.name)).expect("a readable corpus");
        assert!(
            !known.is_empty(),
            "`{}` has no input in {}",
            target.name,
            corpus_folder(target.name).display()
        );
        for (path, input) in known {
            let campaign = Campaign { target: *target, known: &[], seed: 0 };
            if let Err(crash) = campaign.try_input(&input) {
                panic!("{}: {crash}", path.display());
            }
        }
    }
}

#[test]
fn no_decoder_breaks_on_a_few_mutations() {
    for target in TARGETS {
        let known = inputs(&corpus_folder(target.name)).expect("a readable corpus");
        let known: Vec<Vec<u8>> = known.into_iter().map(|(_, input)| input).collect();
        if let Err(crash) = (Campaign { target: *target, known: &known, seed: 1 }).run_count(MUTATIONS) {
            panic!("{crash}: {:?}", String::from_utf8_lossy(&crash.input));
        }
    }
}

#[test]
fn every_corpus_has_its_target() {
    let names: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    assert_eq!(names.len(), TARGETS.len(), "two targets have one name");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for entry in fs::read_dir(folder).expect("the corpus") {
        let name = entry.expect("an entry").file_name().into_string().expect("a name");
        assert!(names.contains(&name), "fuzz/corpus/{name} belongs to no target in fuzz/src/targets.rs");
    }
}
