//! A sequence as the statements of a C program.

use super::step::Step;
use super::{Fact, Layout, Prediction};
use crate::fuzz::reproducer::{Calling, Expected, Gives, Piece, Reproducer, hex};
use fixtures::child::Flavour;
use model::call::{IdentityCall, Return};
use model::dispatch::Args;
use model::signal::Action;

/// What a call of the program's own gives.
enum Own {
    Result(i64),
    Good(bool),
}

struct Writer<'a> {
    layout: &'a Layout,
    c: Reproducer,
    facts: std::iter::Peekable<std::slice::Iter<'a, Fact>>,
    page: u64,
}

pub(super) fn reproduce(
    layout: &Layout,
    traced: bool,
    input: &[Step],
    prediction: &Prediction<Fact>,
) -> Reproducer {
    let selector = layout.selector.selector.address();
    let mut writer = Writer {
        layout,
        c: Reproducer::new(),
        facts: prediction.facts.iter().peekable(),
        page: selector & !0xfff,
    };
    if traced {
        writer.c.needs(Piece::Configure);
    }
    writer.set_up(input);
    let mut is_over = false;
    for step in input {
        // Nothing is predicted of the step that ends the process, and it is the last.
        is_over = is_over || !writer.step(step);
        if is_over {
            break;
        }
    }
    let last = match writer.facts.next() {
        Some(Fact::Tracee(last)) => *last,
        _ => prediction.last,
    };
    writer.c.ends(last);
    writer.c
}

impl Writer<'_> {
    fn set_up(&mut self, input: &[Step]) {
        let Layout { gadgets, trampoline, selector, .. } = self.layout;
        let starts = input.iter().any(|step| matches!(step, Step::Start(_) | Step::Exec));
        for (i, gadget) in gadgets.iter().enumerate() {
            let calls = |step: &Step| matches!(step, Step::Call { from, .. } if *from == i);
            if input.iter().any(calls) || (i == 0 && starts) {
                self.c.gadget(gadget.instruction(), i == 2);
            }
        }
        self.c.selector(selector.selector.address());
        self.c.tasks_call_from(gadgets[0].instruction());
        self.c.remark("Where the handler returns: mov $15, %eax; syscall.");
        self.c.needs(Piece::PlaceCode);
        self.c.line(&format!("place_code({trampoline:#x}, SYSCALL);"));
        self.c.line(&format!("memcpy((void *){trampoline:#x}, (void *)TRAMPOLINE, 7);"));
        self.c.handler("0", Some(*trampoline as u64));
        let asks = |fact: &&Fact| matches!(fact, Fact::Call { .. });
        if self.facts.clone().filter(asks).any(|fact| expected(fact).is_about_who()) {
            self.c.ask_who();
        }
    }

    /// The fact that is predicted of a step, if the process lives to see it.
    fn fact(&mut self) -> Option<&Fact> {
        self.facts.next_if(|fact| !matches!(fact, Fact::Tracee(_)))
    }

    /// Writes the step; false where the process ends in it.
    fn step(&mut self, step: &Step) -> bool {
        let page = self.page;
        match *step {
            Step::Prctl(args) => {
                let call = self.c.prctl(args, None);
                return self.own(&call);
            }
            Step::Store(byte) => {
                self.c.step(&format!("{byte} is stored in the selector"));
                self.c.store(byte);
            }
            Step::Unmap => {
                self.c.step("the selector's page is unmapped");
                return self.own(&format!("own(SYS_munmap, {page:#x}, 4096, 0, 0, 0, 0)"));
            }
            Step::Map => {
                self.c.step("the selector's page is mapped again");
                return self.own(&format!(
                    "own(SYS_mmap, {page:#x}, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, \
                     selector_file, 0)"
                ));
            }
            Step::Forbid | Step::ReadOnly => {
                let (words, access) = match step {
                    Step::Forbid => ("nobody may touch the selector's page", "PROT_NONE"),
                    _ => ("the selector's page may only be read", "PROT_READ"),
                };
                self.c.step(words);
                return self.own(&format!("own(SYS_mprotect, {page:#x}, 4096, {access}, 0, 0, 0)"));
            }
            Step::Block(blocked) => {
                self.c.step(if blocked { "SIGSYS is blocked" } else { "no signal is blocked" });
                let mask = if blocked { "1ul << (SIGSYS - 1)" } else { "0" };
                let mask = format!("(long)(unsigned long[]){{ {mask} }}");
                return self
                    .own(&format!("own(SYS_rt_sigprocmask, SIG_SETMASK, {mask}, 0, 8, 0, 0)"));
            }
            Step::Handle(action, allows) => return self.handle(action, allows),
            Step::Call { from, rax } => return self.call(from, rax),
            Step::Start(flavour) => self.start(flavour),
            Step::Become => {
                self.c.needs(Piece::ContinueInChild);
                self.c.step("a forked child does the rest");
                self.c.line("continue_in_child();");
                // Others answer others.
                self.c.ask_who();
            }
            Step::ExecNothing => {
                self.c.step("an execve that fails");
                return self.own("own(SYS_execve, (long)\"/nonexistent/program\", 0, 0, 0, 0, 0)");
            }
            Step::Exec => {
                self.c.needs(Piece::Execute);
                self.c.step("an execve; the new program makes a call, which is to run: status 42");
                self.c.line("execute();");
                return false;
            }
            Step::Get => return self.get(),
            Step::Set(args) => return self.set(args),
        }
        true
    }

    /// A call of the program's own.
    fn own(&mut self, call: &str) -> bool {
        let (signals, own) = match self.fact() {
            Some(Fact::Own { signals, result }) => (*signals, Own::Result(*result)),
            Some(Fact::OwnIsGood { signals, good }) => (*signals, Own::Good(*good)),
            _ => {
                self.c.line(&format!("{call};"));
                return false;
            }
        };
        match own {
            Own::Result(result) => self.c.expect("the answer", result, call),
            Own::Good(good) => {
                let call = format!("{call} >= 0");
                self.c.expect("whether it is granted", good.into(), &call);
            }
        }
        self.c.expect("signals", signals as i64, "signals");
        true
    }

    fn handle(&mut self, action: Action, allows: bool) -> bool {
        let does = if allows { "lets calls run" } else { "leaves the selector alone" };
        let words = match action {
            Action::Default => "SIGSYS does what is its default".into(),
            Action::Ignore => "SIGSYS is ignored".into(),
            Action::Handle { restart } => {
                let with = if restart { " with SA_RESTART" } else { "" };
                format!("SIGSYS is handled{with}; the handler {does}")
            }
        };
        self.c.step(&words);
        self.c.line(if allows { "allows = selector;" } else { "allows = NULL;" });
        let (how, flags) = match action {
            Action::Default => ("SIG_DFL", "0"),
            Action::Ignore => ("SIG_IGN", "0"),
            Action::Handle { restart: false } => ("handler", "0"),
            Action::Handle { restart: true } => ("handler", "SA_RESTART"),
        };
        let trampoline = self.layout.trampoline;
        self.own(&format!("handle({how}, {flags}, {trampoline:#x})"))
    }

    fn call(&mut self, from: usize, rax: u64) -> bool {
        let address = self.layout.gadgets[from].instruction();
        let compat = from == 2;
        let entry = if compat { "int 0x80" } else { "syscall" };
        self.c.step(&format!("{entry} at {address:#x} with {rax:#x} in RAX"));
        let expected = self.fact().map(expected);
        self.c.call(Calling { address, compat, rax, args: [0; 6] }, expected);
        expected.is_some()
    }

    fn start(&mut self, flavour: Flavour) {
        const SHARED: &str = "CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND";
        let Some(Fact::Child { runs }) = self.fact() else { return };
        let runs = *runs;
        let by_clone =
            |flags: &str, stack: &str| format!("own(SYS_clone, {flags}, {stack}, 0, 0, 0, 0)");
        let (words, call) = match flavour {
            Flavour::Fork => ("fork", "own(SYS_fork, 0, 0, 0, 0, 0, 0)".into()),
            Flavour::Vfork => ("vfork", "own_vfork()".into()),
            Flavour::CloneVm => ("clone", by_clone("SIGCHLD | CLONE_VM", "stack_for(task)")),
            Flavour::CloneSighand => {
                ("clone", by_clone(&format!("SIGCHLD | {SHARED}"), "stack_for(task)"))
            }
            Flavour::CloneVmVfork => {
                ("clone", by_clone("SIGCHLD | CLONE_VM | CLONE_VFORK", "stack_for(task)"))
            }
            Flavour::CloneThread => ("clone", String::new()),
            _ => ("clone", by_clone("SIGCHLD", "0")),
        };
        self.c.needs(Piece::Task);
        if flavour == Flavour::CloneThread {
            self.c.needs(Piece::StartThread);
            self.c.step("a new thread makes a call");
            self.c.line("start_thread(task);");
            self.c.expect("whether the thread's call runs", runs.into(), "found == 40");
            return;
        }
        self.c.needs(Piece::RunsInProcess);
        if flavour == Flavour::Vfork {
            self.c.needs(Piece::OwnVfork);
        }
        if call.contains("stack_for") {
            self.c.needs(Piece::StackFor);
        }
        self.c.step(&format!("a new process, by {words}, makes a call"));
        self.c.expect("whether its call runs", runs.into(), &format!("runs_in_process({call})"));
    }

    fn get(&mut self) -> bool {
        self.c.step("a tracer reads the configuration");
        let call = "tracer(GET_CONFIG, 0, 0, 0, 0)";
        match self.fact() {
            Some(Fact::Got(Ok(words))) => {
                let words = *words;
                self.c.expect("the answer", 0, call);
                for (value, name) in words.into_iter().zip(["mode", "selector", "offset", "length"])
                {
                    let got = format!("seen->config.{name}");
                    self.c.expect(&format!("the {name}"), value as i64, &got);
                }
            }
            Some(Fact::Got(Err(errno))) => {
                let errno = i64::from(*errno);
                self.c.expect("the answer", -errno, call);
            }
            _ => return false,
        }
        true
    }

    fn set(&mut self, Args { mode, offset, length, selector }: Args) -> bool {
        let args = [mode, offset, length, selector].map(hex).join(", ");
        self.c.step(&format!("a tracer writes {args}"));
        let Some(Fact::Set(answer)) = self.fact() else { return false };
        let answer = answer.map_or_else(|errno| -i64::from(errno), |()| 0);
        self.c.expect("the answer", answer, &format!("tracer(SET_CONFIG, {args})"));
        true
    }
}

/// What is expected of a gadget's call.
fn expected(fact: &Fact) -> Expected {
    let Fact::Call { signals, frame, result } = *fact else { return Expected::plain(0, 0) };
    let result = match result {
        Return::Value(value) => Gives::Value(value),
        Return::Identity(IdentityCall::Getpid) => Gives::Who("who.process"),
        Return::Identity(IdentityCall::Getppid) => Gives::Who("who.parent"),
        Return::Identity(IdentityCall::Gettid) => Gives::Who("who.thread"),
        Return::Identity(IdentityCall::Getuid) => Gives::Who("who.user"),
    };
    Expected {
        signals,
        result,
        info: frame.map(|frame| frame.info),
        saved: frame.map_or([None; 2], |frame| [Some(frame.saved.rip), Some(frame.saved.rax)]),
    }
}
