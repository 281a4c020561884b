//! The audit tree's edge against RFC 6962's own definition and its published roots.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use licensing::merkle::{Frontier, TreeHash};

/// The tree of RFC 6962, section 2.1, word for word: split at the largest power of two below the size.
fn naive_root(leaves: &[Vec<u8>]) -> TreeHash {
    match leaves {
        [] => TreeHash::empty(),
        [leaf] => TreeHash::leaf(leaf),
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            TreeHash::node(naive_root(left), naive_root(right))
        }
    }
}

#[test]
fn the_frontier_has_the_root_of_the_whole_tree() {
    let mut frontier = Frontier::default();
    let mut leaves = Vec::new();
    for size in 0..=200_u64 {
        assert_eq!(frontier.size(), size);
        assert!(frontier.is_sound());
        assert_eq!(frontier.root(), naive_root(&leaves), "at size {size}");
        let leaf = size.to_le_bytes()[..usize::try_from(size % 9).unwrap()].to_vec();
        frontier.append(&leaf);
        leaves.push(leaf);
    }
}

#[test]
fn the_roots_are_those_that_certificate_transparency_publishes() {
    let leaves = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];
    let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut frontier = Frontier::default();
    assert_eq!(frontier.root().to_string(), roots[0]);
    for (leaf, root) in leaves.iter().zip(&roots[1..]) {
        let bytes: Vec<u8> = (0..leaf.len())
            .step_by(2)
            .map(|place| u8::from_str_radix(&leaf[place..place + 2], 16).unwrap())
            .collect();
        frontier.append(&bytes);
        assert_eq!(&frontier.root().to_string(), root);
    }
}

#[test]
fn a_leaf_cannot_be_passed_off_as_a_node() {
    let (left, right) = (TreeHash::leaf(b"left"), TreeHash::leaf(b"right"));
    let both = [left.as_bytes().as_slice(), right.as_bytes()].concat();
    assert_ne!(TreeHash::leaf(&both), TreeHash::node(left, right));
}
