//! What dispatch does not protect from.
