//! Dispatch is no security boundary.

use crate::clauses::documents::USER_DISPATCH;

harness::clauses! {
    DISPATCH_SECURITY_JUMP_INTO_REGION = {
        id: "dispatch/security/jump-into-region",
        promise: "Dispatch is no sandbox: jumping to an exempt instruction evades it",
        sources: &[USER_DISPATCH.at("Security Notes")],
        terms: "allowed dispatcher malicious mechanism sandboxing subvert",
        since: "5.11",
    }
    DISPATCH_SECURITY_FLIP_SELECTOR = {
        id: "dispatch/security/flip-selector",
        promise: "Dispatch is no sandbox: storing ALLOW evades it",
        sources: &[USER_DISPATCH.at("Security Notes")],
        terms: "discover malicious modify subvert value",
        since: "5.11",
    }
}
