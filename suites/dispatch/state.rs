//! What a refused call leaves, and what arming again replaces.
