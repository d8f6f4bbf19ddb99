use proptest::prelude::*;

use super::*;

/// The vectors of the reference implementation of certificate transparency.
#[test]
fn roots_are_those_of_the_reference() {
    let leaves =
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    for (index, root) in roots.into_iter().enumerate() {
        let hashes = leaves[..=index].iter().map(|leaf| leaf_hash(&hex::decode(leaf).expect("bytes")));
        assert_eq!(MerkleTree::new(hashes.collect()).root().hex(), root);
    }
    assert_eq!(MerkleTree::new(Vec::new()).root(), Hash::of(b""));
}

#[test]
fn a_proof_for_a_hundred_thousand_devices_has_seventeen_hashes() {
    let tree = MerkleTree::new((0..100_000u32).map(|i| leaf_hash(&i.to_be_bytes())).collect());
    assert_eq!(tree.proof(0).len(), 17);
    assert!(tree.proof(100_000).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_leaf_is_proved_and_nothing_else(
        size in 1u64..70, other in any::<[u8; 32]>(), spoil in any::<prop::sample::Index>(),
    ) {
        let leaves: Vec<_> = (0..size).map(|i| leaf_hash(&i.to_be_bytes())).collect();
        let tree = MerkleTree::new(leaves.clone());
        for (index, leaf) in (0..size).zip(leaves) {
            let proof = tree.proof(index);
            prop_assert!(verify(leaf, index, size, &proof, tree.root()));
            prop_assert!(!verify(Hash(other), index, size, &proof, tree.root()));
            prop_assert!(!verify(leaf, (index + 1) % size, size, &proof, tree.root()) || size == 1);
            prop_assert!(!verify(leaf, index + size, size, &proof, tree.root()));
            let mut longer = proof.clone();
            longer.push(Hash(other));
            prop_assert!(!verify(leaf, index, size, &longer, tree.root()));
            if !proof.is_empty() {
                let mut spoilt = proof.clone();
                spoilt[spoil.index(proof.len())].0[0] ^= 1;
                prop_assert!(!verify(leaf, index, size, &spoilt, tree.root()));
                prop_assert!(!verify(leaf, index, size, &proof[1..], tree.root()));
            }
        }
    }

    #[test]
    fn no_proof_makes_it_panic(
        index in any::<u64>(), size in any::<u64>(), proof in prop::collection::vec(any::<[u8; 32]>(), 0..40),
    ) {
        let proof: Vec<_> = proof.into_iter().map(Hash).collect();
        let _ = root_of(Hash([0; 32]), index, size, &proof);
    }
}
