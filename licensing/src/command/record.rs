//! Commands as the audit keeps them.

use std::sync::Arc;

use crate::command::{AcceptInvitation, Command, CreateIdentityProvider, UpdateIdentityProvider};

impl Command {
    /// The command as the audit keeps it: without the hashes of passwords and the sealed secrets of second factors and
    /// identity providers, which nobody who reads the audit has any business with.
    pub(crate) fn for_audit(&self) -> Self {
        let mut command = self.clone();
        match &mut command {
            Self::AcceptInvitation(AcceptInvitation { password, .. }) | Self::SetPassword { password, .. } => {
                *password = Arc::default();
            }
            Self::SetTotp {
                totp: Some((sealed, _)),
                ..
            }
            | Self::CreateIdentityProvider(CreateIdentityProvider {
                client_secret: Some(sealed),
                ..
            })
            | Self::UpdateIdentityProvider(UpdateIdentityProvider {
                client_secret: Some(Some(sealed)),
                ..
            }) => *sealed = Arc::default(),
            _ => {}
        }
        command
    }
}
