//! What a license carries: its plan's entitlements under its own, and how long they are in a token.

use std::sync::Arc;

use crate::catalogue::{Entitlement, Entitlements};

/// A license's own entitlements over its plan's.
pub(crate) fn merge(plan: &Entitlements, own: &Entitlements) -> Arc<Entitlements> {
    let mut merged = plan.clone();
    merged.extend(own.iter().map(|(name, value)| (Arc::clone(name), value.clone())));
    Arc::new(merged)
}

/// How many bytes entitlements take as a JSON object, the way that tokens write them.
pub(crate) fn json_bytes(entitlements: &Entitlements) -> usize {
    let members: usize = entitlements
        .iter()
        .map(|(name, value)| name.len() + 3 + value_bytes(value))
        .sum();
    // Two braces, and a comma between members.
    2 + members + entitlements.len().saturating_sub(1)
}

fn value_bytes(value: &Entitlement) -> usize {
    match value {
        Entitlement::Granted => "true".len(),
        Entitlement::Number(number) => number.to_string().len(),
        Entitlement::Text(text) => {
            let escaped = text.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count();
            2 + text.len() + escaped
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_bytes_counts_what_a_token_writes() {
        let mut entitlements = Entitlements::new();
        assert_eq!(json_bytes(&entitlements), r"{}".len());
        entitlements.insert("gpu".into(), Entitlement::Granted);
        assert_eq!(json_bytes(&entitlements), r#"{"gpu":true}"#.len());
        entitlements.insert("projects".into(), Entitlement::Number(-20));
        entitlements.insert("tier".into(), Entitlement::Text(r#"a"\é"#.into()));
        assert_eq!(
            json_bytes(&entitlements),
            r#"{"gpu":true,"projects":-20,"tier":"a\"\\é"}"#.len()
        );
    }

    #[test]
    fn a_licenses_own_entitlements_win() {
        let plan = [
            ("gpu".into(), Entitlement::Granted),
            ("projects".into(), Entitlement::Number(3)),
        ]
        .into();
        let own = [("projects".into(), Entitlement::Number(20))].into();
        let merged = merge(&plan, &own);
        assert_eq!(merged["projects"], Entitlement::Number(20));
        assert_eq!(merged["gpu"], Entitlement::Granted);
    }
}
