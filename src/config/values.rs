//! The kinds of values that settings have. Each says what it allows, so that every error and the template can say it too.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// How a value is written in TOML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// In quotes.
    Text,
    /// As a whole number.
    Number,
}

/// A kind of value. Reading what it displays gives the same value again.
pub(super) trait Value: Sized + fmt::Display {
    /// How it is written in TOML.
    const SPELLING: Spelling = Spelling::Text;
    /// A value to show in the template where there is no default.
    const EXAMPLE: &'static str;

    /// What is allowed, to follow "expected".
    fn allowed() -> String;

    /// Reads a value; `None` if it is not allowed.
    fn read(text: &str) -> Option<Self>;
}

/// A setting that may be left out. The empty text is "not set".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maybe<T>(Option<T>);

impl<T> Maybe<T> {
    /// The value, if it is set.
    pub const fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }
}

impl<T: fmt::Display> fmt::Display for Maybe<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |value| value.fmt(f))
    }
}

impl<T: Value> Value for Maybe<T> {
    const SPELLING: Spelling = T::SPELLING;
    const EXAMPLE: &'static str = T::EXAMPLE;

    fn allowed() -> String {
        T::allowed()
    }

    fn read(text: &str) -> Option<Self> {
        if text.is_empty() {
            Some(Self(None))
        } else {
            T::read(text).map(|value| Self(Some(value)))
        }
    }
}

/// A node's name for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeName(String);

impl NodeName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Value for NodeName {
    const EXAMPLE: &'static str = "usher-1";

    fn allowed() -> String {
        "1 to 64 letters, digits, dots and dashes".to_owned()
    }

    fn read(text: &str) -> Option<Self> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(plain);
        fits.then(|| Self(text.to_owned()))
    }
}

impl Value for Path {
    const EXAMPLE: &'static str = "/etc/usher/file.pem";

    fn allowed() -> String {
        "the path of a file or directory".to_owned()
    }

    fn read(text: &str) -> Option<Self> {
        (!text.is_empty() && !text.contains('\0')).then(|| Self(PathBuf::from(text)))
    }
}

/// A place in the file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path(PathBuf);

impl Path {
    /// The path itself.
    pub fn as_path(&self) -> &std::path::Path {
        &self.0
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(f)
    }
}

/// A length of time in milliseconds, from `MIN` to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis<const MIN: u64, const MAX: u64>(u64);

impl<const MIN: u64, const MAX: u64> Millis<MIN, MAX> {
    /// The length of time.
    pub const fn duration(self) -> Duration {
        Duration::from_millis(self.0)
    }
}

impl<const MIN: u64, const MAX: u64> fmt::Display for Millis<MIN, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<const MIN: u64, const MAX: u64> Value for Millis<MIN, MAX> {
    const SPELLING: Spelling = Spelling::Number;
    const EXAMPLE: &'static str = "100";

    fn allowed() -> String {
        format!("a whole number of milliseconds from {MIN} to {MAX}")
    }

    fn read(text: &str) -> Option<Self> {
        text.parse()
            .ok()
            .filter(|number| (MIN..=MAX).contains(number))
            .map(Self)
    }
}

/// A whole number from `MIN` to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count<const MIN: u64, const MAX: u64>(u64);

impl<const MIN: u64, const MAX: u64> Count<MIN, MAX> {
    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl<const MIN: u64, const MAX: u64> fmt::Display for Count<MIN, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<const MIN: u64, const MAX: u64> Value for Count<MIN, MAX> {
    const SPELLING: Spelling = Spelling::Number;
    const EXAMPLE: &'static str = "100";

    fn allowed() -> String {
        format!("a whole number from {MIN} to {MAX}")
    }

    fn read(text: &str) -> Option<Self> {
        text.parse()
            .ok()
            .filter(|number| (MIN..=MAX).contains(number))
            .map(Self)
    }
}

macro_rules! word {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word that stands for it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Value for $name {
            const EXAMPLE: &'static str = Self::WORDS[0];

            fn allowed() -> String {
                format!("one of {}", Self::WORDS.join(", "))
            }

            fn read(text: &str) -> Option<Self> {
                match text {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

word!(
    /// Whether a listener speaks TLS.
    TlsMode {
        /// TLS.
        On = "on",
        /// Plain text.
        Off = "off",
    }
);
word!(
    /// The least urgent messages that are logged.
    LogLevel {
        /// Only what needs a person now.
        Error = "error",
        /// What will need a person.
        Warn = "warn",
        /// What an operator wants to have seen.
        Info = "info",
        /// What explains the rest.
        Debug = "debug",
        /// Everything.
        Trace = "trace",
    }
);
word!(
    /// How log lines are written.
    LogFormat {
        /// For people.
        Text = "text",
        /// One JSON object per line.
        Json = "json",
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_to_their_bounds() {
        assert_eq!(
            Millis::<10, 20>::read("10").map(Millis::duration),
            Some(Duration::from_millis(10))
        );
        assert_eq!(Millis::<10, 20>::read("9"), None);
        assert_eq!(Count::<1, 5>::read("6"), None);
        assert_eq!(Count::<1, 5>::read("many"), None);
    }
}
