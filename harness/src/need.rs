//! What a kernel must offer before a case makes sense.

/// A named precondition and the question that settles it.
#[derive(Debug)]
pub struct Need {
    /// Its name in the feature table: `dispatch`.
    pub name: &'static str,
    /// What it is, for a reader of a skip.
    pub what: &'static str,
    /// Asks the kernel, in a child of its own; the error says what it answered instead.
    pub ask: fn() -> Result<(), String>,
}

/// Every need linked into this program.
#[linkme::distributed_slice]
pub static NEEDS: [&'static Need];

/// Defines needs and registers them:
/// `needs! { NAME = { name: "..", what: "..", ask: function } }`.
#[macro_export]
macro_rules! needs {
    ($($name:ident = { $($field:ident : $value:expr),* $(,)? })*) => {$(
        #[doc = concat!("`", stringify!($name), "`")]
        pub static $name: $crate::Need = $crate::Need { $($field: $value,)* };
        const _: () = {
            #[$crate::linkme::distributed_slice($crate::NEEDS)]
            #[linkme(crate = $crate::linkme)]
            static ENTRY: &$crate::Need = &$name;
        };
    )*};
}
