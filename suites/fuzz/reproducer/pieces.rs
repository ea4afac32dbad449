//! What C programs are put together from.

/// One piece of C; those a program has stand in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Piece {
    RecordFact,
    Expect,
    PlaceCode,
    Enter,
    Call,
    Call32,
    Handler,
    ExpectInfo,
    ExpectRegisters,
    MapSelector,
    AskWho,
    LoadFilter,
    Task,
    StackFor,
    RunsInProcess,
    OwnVfork,
    StartThread,
    SecondThread,
    ContinueInChild,
    Execute,
    Tracer,
    Configure,
    Writes,
    Supervisor,
    /// The handler lets a call that begins again be another.
    Again,
}

impl Piece {
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::RecordFact => include_str!("record_fact.c"),
            Self::Expect => include_str!("expect.c"),
            Self::PlaceCode => include_str!("place_code.c"),
            Self::Enter => include_str!("enter.c"),
            Self::Call => include_str!("call.c"),
            Self::Call32 => include_str!("call_32.c"),
            Self::Handler => include_str!("handler.c"),
            Self::ExpectInfo => include_str!("expect_info.c"),
            Self::ExpectRegisters => include_str!("expect_registers.c"),
            Self::MapSelector => include_str!("map_selector.c"),
            Self::AskWho => include_str!("ask_who.c"),
            Self::LoadFilter => include_str!("load_filter.c"),
            Self::Task => include_str!("task.c"),
            Self::StackFor => include_str!("stack_for.c"),
            Self::RunsInProcess => include_str!("runs_in_process.c"),
            Self::OwnVfork => include_str!("own_vfork.c"),
            Self::StartThread => include_str!("start_thread.c"),
            Self::SecondThread => include_str!("second_thread.c"),
            Self::ContinueInChild => include_str!("continue_in_child.c"),
            Self::Execute => include_str!("execute.c"),
            Self::Tracer => include_str!("tracer.c"),
            Self::Configure => include_str!("configure.c"),
            Self::Writes => include_str!("writes.c"),
            Self::Supervisor => include_str!("supervisor.c"),
            Self::Again => "",
        }
    }

    /// What it cannot do without.
    pub(super) const fn needs(self) -> &'static [Self] {
        match self {
            Self::Expect => &[Self::RecordFact],
            Self::Call | Self::Call32 => &[Self::Enter],
            Self::ExpectRegisters => &[Self::Enter, Self::Expect, Self::Handler],
            Self::ExpectInfo => &[Self::Expect, Self::Handler],
            Self::Task | Self::Execute => &[Self::PlaceCode, Self::Call],
            Self::RunsInProcess => &[Self::Task],
            Self::OwnVfork => &[Self::RunsInProcess],
            Self::StartThread => &[Self::StackFor],
            Self::SecondThread => &[Self::StartThread],
            Self::ContinueInChild => &[Self::MapSelector],
            Self::Configure => &[Self::Tracer],
            Self::Writes => &[Self::Tracer, Self::RecordFact],
            Self::Supervisor => &[Self::Expect],
            _ => &[],
        }
    }

    /// What it keeps in the memory that the processes share.
    pub(super) const fn shares(self) -> &'static str {
        match self {
            Self::ContinueInChild => "\tint stood_in, status;\n",
            Self::Configure => {
                "\tint request;\n\tlong answer;\n\tstruct {\n\
                 \t\tunsigned long mode, selector, offset, length;\n\t} config;\n"
            }
            Self::Supervisor => "\tint listener, handled, returned;\n\tlong last;\n",
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
pub(super) const OWN: &str = include_str!("map_own.c");
pub(super) const UNTRACED: &str = include_str!("untraced.c");
pub(super) const END: &str = include_str!("end.c");
