//! Ids on the wire: their text form in JSON and in queries.

use std::borrow::Cow;
use std::fmt::{self, Display};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::text::read_text;

/// An id that has a name in the API's documentation.
pub(crate) trait Documented: Display + FromStr<Err: Display> {
    /// The schema's name.
    const NAME: &'static str;
    /// What stands before the underscore.
    const PREFIX: &'static str;
    /// How many bytes it has.
    const BYTES: usize;
}

/// What the document says of a prefix and so many bytes in base32, as a regular expression. The last character may hold
/// bits that no byte fills; they are zero, which leaves it fewer values.
pub(super) fn pattern(prefix: &str, bytes: usize) -> String {
    let chars = (bytes * 8).div_ceil(5);
    match chars * 5 - bytes * 8 {
        0 => format!("^{prefix}_[0-9a-hjkmnp-tv-z]{{{chars}}}$"),
        spare => {
            let last: String = BASE32.chars().step_by(1 << spare).collect();
            format!("^{prefix}_[0-9a-hjkmnp-tv-z]{{{}}}[{last}]$", chars - 1)
        }
    }
}

/// The alphabet of ids, in the order of its values.
const BASE32: &str = "0123456789abcdefghjkmnpqrstvwxyz";

macro_rules! documented {
    ($($name:ident),+) => {$(
        impl Documented for licensing::id::$name {
            const NAME: &'static str = stringify!($name);
            const PREFIX: &'static str = Self::PREFIX;
            const BYTES: usize = Self::BYTES;
        }

        #[doc = concat!("A [`", stringify!($name), "`](licensing::id::", stringify!($name), ") in its text form.")]
        pub(crate) type $name = Id<licensing::id::$name>;
    )+};
}

// The aliases are what the documentation's derive can read; it wants more of a generic type than this one can give.
documented!(
    ApiTokenId,
    ClusterId,
    CustomerId,
    HolderKey,
    JoinTokenId,
    LicenseId,
    LoginId,
    PersonId,
    PlanId,
    ProductId,
    ProviderId,
    SessionName
);

/// An id in its text form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Id<T>(pub T);

impl<T: Display> Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: Display> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de, T: Documented> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_text(deserializer, |text| text.parse().map(Self))
    }
}

impl<T: Documented> PartialSchema for Id<T> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some(pattern(T::PREFIX, T::BYTES)))
            .into()
    }
}

impl<T: Documented> ToSchema for Id<T> {
    fn name() -> Cow<'static, str> {
        T::NAME.into()
    }
}

#[cfg(test)]
mod tests {
    use licensing::id::encode_base32;

    use super::*;

    #[test]
    fn the_document_says_how_an_id_ends() {
        assert_eq!(pattern("tok", 10), "^tok_[0-9a-hjkmnp-tv-z]{16}$");
        assert_eq!(pattern("lic", 16), "^lic_[0-9a-hjkmnp-tv-z]{25}[048cgmrw]$");
        let all = encode_base32(&[0xff; 16]);
        assert_eq!((all.len(), all.ends_with('w')), (26, true));
    }
}
