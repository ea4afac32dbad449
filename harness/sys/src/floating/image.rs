//! An image of the vector and x87 registers.

/// The floating-point state a program sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(16))]
pub struct Floating {
    /// XMM0 to XMM15, two words each.
    pub xmm: [[u64; 2]; 16],
    /// Control and status of the vector unit.
    pub mxcsr: u32,
    /// Control word of the x87.
    pub control: u16,
    /// How many values are on the x87 stack; set by the call, which pushes three.
    pub depth: u16,
    /// The three values, topmost first.
    pub stack: [u64; 3],
}

impl Floating {
    /// Every register holds a pattern of its own; rounding differs from the default in both units.
    pub fn pattern() -> Self {
        Self {
            xmm: std::array::from_fn(|i| {
                let low = 0x1122_3344_5566_0000 + i as u64;
                [low, !low]
            }),
            // Round towards zero, all exceptions masked.
            mxcsr: 0x7f80,
            // Round up, 53 bits, all exceptions masked.
            control: 0x0a7f,
            depth: 3,
            stack: [1.5f64.to_bits(), (-2.25f64).to_bits(), 1024.125f64.to_bits()],
        }
    }
}
