//! What a kernel must offer before a case makes sense.

/// A named precondition and the question that settles it.
#[derive(Debug)]
pub struct Need {
    /// Its name in the feature table: `dispatch`.
    pub name: &'static str,
    /// What it is, for a reader of a skip.
    pub what: &'static str,
    /// How it is settled.
    pub probe: Probe,
}

impl Need {
    /// Asks the kernel from within a case.
    ///
    /// # Errors
    /// Why there is no answer.
    pub fn is_met(&self) -> Result<bool, String> {
        match self.probe {
            Probe::Kernel(question) => match question() {
                Ok(()) => Ok(true),
                Err(Unmet::Refused(_)) => Ok(false),
                Err(Unmet::Unanswered(why)) => Err(why),
            },
            Probe::Told => Err(format!("need {} is not asked of the kernel", self.name)),
        }
    }
}

/// How a need is settled.
#[derive(Clone, Copy, Debug)]
pub enum Probe {
    /// By asking the kernel, in a child of its own.
    Kernel(fn() -> Result<(), Unmet>),
    /// By what the kernel was told (boot line, configuration, clock source), which the feature table
    /// knows how to read. Whether it obeys is for the cases to say.
    Told,
}

/// Why a need is not met. Only a refusal says something about the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unmet {
    /// The kernel answered, and this is what it answered instead.
    Refused(String),
    /// There is no answer: the child died or could not be made, or something ran short.
    Unanswered(String),
}

/// Every need linked into this program.
#[linkme::distributed_slice]
pub static NEEDS: [&'static Need];

/// Defines needs and registers them:
/// `needs! { NAME = { name: "..", what: "..", probe: Probe::Kernel(function) } }`.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_says_whether_it_is_met() {
        let asked = |probe| Need { name: "thing", what: "a thing", probe }.is_met();
        assert_eq!(asked(Probe::Kernel(|| Ok(()))), Ok(true));
        assert_eq!(asked(Probe::Kernel(|| Err(Unmet::Refused("ENOSYS".into())))), Ok(false));
        let dead = asked(Probe::Kernel(|| Err(Unmet::Unanswered("it died".into()))));
        assert_eq!(dead, Err("it died".into()));
        assert_eq!(asked(Probe::Told), Err("need thing is not asked of the kernel".into()));
    }
}
