//! The console's built files, embedded.
//!
//! It holds bytes and what is true of them, and nothing else: how they are served is `usher`'s. It must never need Node to
//! be compiled in a debug build. Its build script, `crate/build.rs`, says where the files come from.

/// A file of the console.
#[derive(Debug)]
pub struct Asset {
    /// Where it lies below `/`, such as `assets/index-Bx1kD0aQ.js`.
    pub path: &'static str,
    /// Its media type.
    pub content_type: &'static str,
    /// The SHA-256 of its bytes in hexadecimal.
    pub sha256: &'static str,
    /// Whether its name changes with its bytes, so that a cache may keep it for ever.
    pub hashed_name: bool,
    /// The bytes as they are.
    pub plain: &'static [u8],
    /// The same, packed with Brotli, where that is smaller.
    pub brotli: Option<&'static [u8]>,
    /// The same, packed with gzip, where that is smaller.
    pub gzip: Option<&'static [u8]>,
}

/// The page that the application begins with.
pub const INDEX: &str = "index.html";

/// What stands in [`INDEX`] where a response's nonce belongs.
pub const NONCE: &str = "__USHER_NONCE__";

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// The file at this path.
pub fn asset(path: &str) -> Option<&'static Asset> {
    let place = ASSETS.binary_search_by_key(&path, |asset| asset.path).ok()?;
    ASSETS.get(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_has_a_place_for_the_nonce_and_every_file_it_names_is_here() {
        let index = asset(INDEX).expect("there is an index");
        let html = std::str::from_utf8(index.plain).expect("the index is text");
        assert!(html.contains(NONCE));
        let named = html.split(['"', '\'']).filter_map(|text| text.strip_prefix("/assets/"));
        let mut count = 0;
        for name in named {
            assert!(asset(&format!("assets/{name}")).is_some(), "{name} is not embedded");
            count += 1;
        }
        assert!(count > 0);
    }

    #[test]
    fn a_page_that_only_says_how_to_build_the_console_is_not_taken_for_it() {
        let index = asset(INDEX).expect("there is an index");
        let html = std::str::from_utf8(index.plain).expect("the index is text");
        assert_eq!(html.contains("<div id=\"root\">"), BUILT);
        assert_eq!(html.contains("make web"), !BUILT);
    }

    #[test]
    fn packed_files_are_smaller_than_plain_ones() {
        for asset in ASSETS {
            for packed in [asset.brotli, asset.gzip].into_iter().flatten() {
                assert!(packed.len() < asset.plain.len(), "{}", asset.path);
            }
        }
    }
}
