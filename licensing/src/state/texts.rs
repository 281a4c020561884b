//! Texts that many sessions share: application names, versions, systems, SDKs.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::session::ClientInfo;

/// How many texts are shared at most. Clients choose these texts, so the memory they can take is bounded; past it a
/// session keeps its own copy.
const TEXTS_MAX: usize = 4_096;

/// One copy of each text that comes again and again. It is no part of the state: only memory depends on it.
#[derive(Debug, Default)]
pub(crate) struct Texts(BTreeSet<Arc<str>>);

impl Texts {
    /// The same client, with the texts that many have in common shared. What is a machine's own stays as it is.
    pub(crate) fn share_client(&mut self, client: &ClientInfo) -> Arc<ClientInfo> {
        Arc::new(ClientInfo {
            instance: client.instance.clone(),
            hostname: client.hostname.clone(),
            app: self.share_optional(client.app.as_ref()),
            version: self.share_optional(client.version.as_ref()),
            os: self.share_optional(client.os.as_ref()),
            sdk: self.share_optional(client.sdk.as_ref()),
        })
    }

    fn share_optional(&mut self, text: Option<&Arc<str>>) -> Option<Arc<str>> {
        text.map(|text| self.share(text))
    }

    fn share(&mut self, text: &Arc<str>) -> Arc<str> {
        if let Some(known) = self.0.get(text) {
            return Arc::clone(known);
        }
        if self.0.len() < TEXTS_MAX {
            self.0.insert(Arc::clone(text));
        }
        Arc::clone(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_become_one_until_the_bound_is_reached() {
        let mut texts = Texts::default();
        let first = texts.share(&Arc::from("3.11"));
        assert!(Arc::ptr_eq(&first, &texts.share(&Arc::from("3.11"))));
        for n in 0..2 * TEXTS_MAX {
            texts.share(&Arc::from(n.to_string()));
        }
        assert_eq!(texts.0.len(), TEXTS_MAX);
        assert_eq!(&*texts.share(&Arc::from("past the bound")), "past the bound");
    }
}
