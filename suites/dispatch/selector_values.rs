//! What each value of the selector byte does.
