//! Which addresses the exempt region covers, to the byte.
