//! The register context of the handler.
