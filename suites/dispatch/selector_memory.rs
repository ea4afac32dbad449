//! Selectors in every kind of memory, and when the byte is read at all.
