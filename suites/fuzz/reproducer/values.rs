//! Numbers as C programs have them.

/// A number that has a sign.
pub(crate) fn number(value: i64) -> String {
    if value.unsigned_abs() < 1 << 16 { value.to_string() } else { hex(value as u64) }
}

/// A number that is an address or bits.
pub(crate) fn hex(value: u64) -> String {
    if value < 10 { value.to_string() } else { format!("{value:#x}") }
}
