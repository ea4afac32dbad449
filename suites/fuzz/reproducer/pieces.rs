//! What C programs are put together from.

/// One piece of C; those a program has stand in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Piece {
    Note,
    Expect,
    Place,
    Enter,
    Call,
    Call32,
    Handler,
    Shown,
    Registers,
    Selector,
    Who,
    Filter,
    Task,
    Stack,
    Process,
    Vfork,
    Thread,
    Beside,
    StandIn,
    Helper,
    Tracer,
    Configure,
    Writes,
    /// The handler lets a call that begins again be another.
    Again,
}

impl Piece {
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Note => include_str!("note.c"),
            Self::Expect => include_str!("expect.c"),
            Self::Place => include_str!("place.c"),
            Self::Enter => include_str!("enter.c"),
            Self::Call => include_str!("call.c"),
            Self::Call32 => include_str!("call32.c"),
            Self::Handler => include_str!("handler.c"),
            Self::Shown => include_str!("shown.c"),
            Self::Registers => include_str!("registers.c"),
            Self::Selector => include_str!("selector.c"),
            Self::Who => include_str!("who.c"),
            Self::Filter => include_str!("filter.c"),
            Self::Task => include_str!("task.c"),
            Self::Stack => include_str!("stack.c"),
            Self::Process => include_str!("process.c"),
            Self::Vfork => include_str!("vfork.c"),
            Self::Thread => include_str!("thread.c"),
            Self::Beside => include_str!("beside.c"),
            Self::StandIn => include_str!("stand_in.c"),
            Self::Helper => include_str!("helper.c"),
            Self::Tracer => include_str!("tracer.c"),
            Self::Configure => include_str!("configure.c"),
            Self::Writes => include_str!("writes.c"),
            Self::Again => "",
        }
    }

    /// What it cannot do without.
    pub(super) const fn needs(self) -> &'static [Self] {
        match self {
            Self::Expect => &[Self::Note],
            Self::Call | Self::Call32 => &[Self::Enter],
            Self::Registers => &[Self::Enter, Self::Expect, Self::Handler],
            Self::Shown => &[Self::Expect, Self::Handler],
            Self::Task | Self::Helper => &[Self::Place, Self::Call],
            Self::Process => &[Self::Task],
            Self::Vfork => &[Self::Process],
            Self::Thread => &[Self::Stack],
            Self::Beside => &[Self::Thread],
            Self::StandIn => &[Self::Selector],
            Self::Configure => &[Self::Tracer],
            Self::Writes => &[Self::Tracer, Self::Note],
            _ => &[],
        }
    }

    /// What it keeps in the memory that the processes share.
    pub(super) const fn shares(self) -> &'static str {
        match self {
            Self::StandIn => "\tint stood_in, status;\n",
            Self::Configure => {
                "\tint request;\n\tlong answer;\n\tstruct {\n\
                 \t\tunsigned long mode, selector, offset, length;\n\t} config;\n"
            }
            Self::Writes => {
                "\tint stops;\n\t/* What a stop is to show, and what the tracer writes there. */\n\
                 \tstruct stop {\n\t\tint comes;\n\t\tunsigned long number, result, message, rip;\n\
                 \t\tint writes;\n\t\tunsigned long new_number, new_result, new_argument, moved;\n\
                 \t\tint argument;\n\t} entry, filter;\n"
            }
            _ => "",
        }
    }
}

/// What [`Piece::Again`] adds to the handler.
pub(super) const AGAIN: [&str; 2] = [
    "/* Whether the call begins again: it is to be another then. */\n\
     static volatile int begins_again;\n\n",
    "\tif (begins_again)\n\
     \t\t((ucontext_t *)context)->uc_mcontext.gregs[REG_RAX] = 0x3fff;\n",
];

pub(super) const BEGIN: &str = include_str!("begin.c");
pub(super) const OWN: &str = include_str!("own.c");
pub(super) const UNTRACED: &str = include_str!("untraced.c");
pub(super) const END: &str = include_str!("end.c");
