//! The highest address a selector may have.
