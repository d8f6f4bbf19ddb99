//! The Merkle tree over the leaves of a push (RFC 9162, section 2.1).

use aws_lc_rs::digest::{Context, SHA256};

use crate::Hash;

/// The longest proof that is read: a tree of 2^32 leaves.
pub const LONGEST_PROOF: usize = 32;

/// A tree over leaf hashes, with all its nodes: 64 bytes a leaf.
#[derive(Clone, Debug)]
pub struct MerkleTree {
    /// The nodes of each level, the leaves first. A node without a sibling stands on the next level as it is.
    levels: Vec<Vec<Hash>>,
}

impl MerkleTree {
    /// Makes the tree of these leaf hashes ([`crate::TaskLeaf::hash`]), in this order.
    pub fn new(leaves: Vec<Hash>) -> Self {
        let mut levels = vec![leaves];
        while let Some(last) = levels.last()
            && last.len() > 1
        {
            let next = last
                .chunks(2)
                .map(|pair| match pair {
                    [left, right] => node_hash(left, right),
                    _ => pair[0],
                })
                .collect();
            levels.push(next);
        }
        Self { levels }
    }

    /// Returns how many leaves the tree has.
    pub fn size(&self) -> u64 {
        self.levels[0].len() as u64
    }

    /// Returns the hash that stands for the whole tree.
    pub fn root(&self) -> Hash {
        let top = self.levels.last().and_then(|level| level.first());
        top.copied().unwrap_or_else(|| Hash::of(b""))
    }

    /// Returns the proof that leaf `index` is in the tree; empty where there is no such leaf.
    pub fn proof(&self, index: u64) -> Vec<Hash> {
        let mut proof = Vec::with_capacity(self.levels.len());
        if index >= self.size() {
            return proof;
        }
        let mut place = usize::try_from(index).unwrap_or(usize::MAX);
        for level in &self.levels {
            proof.extend(level.get(place ^ 1));
            place /= 2;
        }
        proof
    }
}

/// Returns whether `leaf` is leaf `index` of the tree of `size` leaves with that root.
pub fn verify(leaf: Hash, index: u64, size: u64, proof: &[Hash], root: Hash) -> bool {
    root_of(leaf, index, size, proof) == Some(root)
}

/// Returns the root of the tree of `size` leaves in which `leaf` is leaf `index` by this proof; `None` where the proof
/// has not the length that such a tree asks for.
pub fn root_of(leaf: Hash, index: u64, size: u64, proof: &[Hash]) -> Option<Hash> {
    if index >= size || proof.len() > LONGEST_PROOF {
        return None;
    }
    let (mut place, mut last, mut hash) = (index, size - 1, leaf);
    for sibling in proof {
        if last == 0 {
            return None;
        }
        if place % 2 == 1 || place == last {
            hash = node_hash(sibling, &hash);
            while place.is_multiple_of(2) && place != 0 {
                place /= 2;
                last /= 2;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        place /= 2;
        last /= 2;
    }
    (last == 0).then_some(hash)
}

/// Returns the hash of a leaf with these bytes.
pub fn leaf_hash(bytes: &[u8]) -> Hash {
    hash(&[&[0], bytes])
}

fn node_hash(left: &Hash, right: &Hash) -> Hash {
    hash(&[&[1], &left.0, &right.0])
}

fn hash(parts: &[&[u8]]) -> Hash {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    Hash(hash)
}

#[cfg(test)]
mod tests;
