//! A refusal's link in a request, as people copy it.

use std::borrow::Cow;
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Deserializer};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::link::PREFIX;
use crate::api::text::{plain, read_text, visible};

/// A refusal's link as people copy it: the whole address, or what follows its `#`. It keeps the latter.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct RefusalLinkText(Arc<str>);

impl RefusalLinkText {
    const EXPECTED: &str =
        "expected the link of a refusal, such as https://license.example/refused#why_…, or what follows its #: why_…";

    fn parse(text: &str) -> Result<Self, &'static str> {
        let (page, secret) = text.rsplit_once('#').unwrap_or(("", text));
        let is_whole = page.len() <= 512 && page.chars().all(visible);
        let is_secret = secret.starts_with(PREFIX) && secret.len() <= 256 && secret.chars().all(plain);
        (is_whole && is_secret)
            .then(|| Self(secret.into()))
            .ok_or(Self::EXPECTED)
    }
}

impl Deref for RefusalLinkText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for RefusalLinkText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_text(deserializer, Self::parse)
    }
}

impl PartialSchema for RefusalLinkText {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("A refusal's link: the whole address, or what follows its `#`."))
            .pattern(Some("^([!-~]{0,512}#)?why_[A-Za-z0-9_-]{0,252}$"))
            .into()
    }
}

impl ToSchema for RefusalLinkText {
    fn name() -> Cow<'static, str> {
        "RefusalLinkText".into()
    }
}
