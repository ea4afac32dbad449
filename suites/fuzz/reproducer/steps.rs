//! What C programs do.

use super::pieces::Piece;
use super::values::mnemonic;
use super::{Reproducer, hex, number};
use crate::fuzz::programs::Program;
use model::bpf::Instruction;
use model::dispatch::Args;

impl Reproducer {
    /// SIGSYS runs a handler, which returns through this trampoline or the program's own.
    pub(crate) fn handler(&mut self, flags: &str, trampoline: Option<u64>) {
        self.needs(Piece::Handler);
        let trampoline = trampoline.map_or("TRAMPOLINE".into(), hex);
        self.line(&format!("handle(handler, {flags}, {trampoline});"));
    }

    /// Code that makes calls.
    pub(crate) fn gadget(&mut self, instruction: u64, compat: bool) {
        self.needs(Piece::PlaceCode);
        let code = if compat { "INT80" } else { "SYSCALL" };
        self.line(&format!("place_code({instruction:#x}, {code});"));
    }

    /// A selector at this address.
    pub(crate) fn selector(&mut self, address: u64) {
        self.needs(Piece::MapSelector);
        self.line(&format!("map_selector({address:#x});"));
    }

    /// The handler lets calls run.
    pub(crate) fn handler_allows(&mut self) {
        self.line("allows = selector;");
    }

    /// A store in the selector.
    pub(crate) fn store(&mut self, byte: u8) {
        self.line(&format!("*selector = {byte};"));
    }

    /// The prctl, by the instruction of its ABI.
    pub(crate) fn prctl(&mut self, args: Args, compat: Option<u64>) -> String {
        let Args { mode, offset, length, selector } = args;
        let [mode, offset, length, selector] = [mode, offset, length, selector].map(hex);
        self.step(&format!("prctl(59, {mode}, {offset}, {length}, {selector})"));
        let args = format!("PR_SET_SYSCALL_USER_DISPATCH, {mode}, {offset}, {length}, {selector}");
        match compat {
            None => format!("own(SYS_prctl, {args}, 0)"),
            Some(instruction) => {
                self.needs(Piece::Call32);
                format!("call_32({instruction:#x}, 172, {args}, 0)")
            }
        }
    }

    /// Values that are compared, as C has them.
    pub(crate) fn expect_that(&mut self, what: &str, expected: &str, got: &str) {
        self.needs(Piece::Expect);
        self.line(&format!("expect(\"{what}\", {expected}, {got});"));
    }

    /// A value that is compared.
    pub(crate) fn expect(&mut self, what: &str, expected: i64, got: &str) {
        self.expect_that(what, &number(expected), got);
    }

    /// A filter.
    pub(crate) fn filter(&mut self, program: &[Instruction]) {
        self.needs(Piece::LoadFilter);
        self.block(program, &["load_filter(filter, sizeof(filter) / sizeof(*filter));".into()]);
    }

    /// What filters need.
    pub(crate) fn no_new_privileges(&mut self) {
        self.line("prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);");
    }

    /// A filter with a listener: a second one is EBUSY for a good program, too.
    pub(crate) fn listener(&mut self) {
        self.no_new_privileges();
        self.line("{");
        self.line("\tstruct sock_filter filter[] = { { BPF_RET, 0, 0, SECCOMP_RET_ALLOW } };");
        self.line("\tstruct sock_fprog program = { 1, filter };");
        self.line("");
        self.line(
            "\tneed(own(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 8, (long)&program, 0, 0, 0) > 0,",
        );
        self.line("\t     \"a listener\");");
        self.line("}");
    }

    /// The answer to a program that comes with a listener.
    pub(crate) fn program(&mut self, program: &Program, expected: i64) {
        let words = match expected {
            -16 => "a good program: EBUSY",
            _ => "a bad program: EINVAL",
        };
        self.step(words);
        self.needs(Piece::Expect);
        let call = "own(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 8, (long)&program, 0, 0, 0)";
        self.block(
            program,
            &[
                format!("struct sock_fprog program = {{ {}, filter }};", program.len()),
                String::new(),
                format!("expect(\"the answer\", {expected}, {call});"),
            ],
        );
    }

    fn block(&mut self, program: &[Instruction], lines: &[String]) {
        let one = |i: &Instruction| format!("{{ {:#x}, {}, {}, {:#x} }}", i.code, i.jt, i.jf, i.k);
        self.line("{");
        let same = program.windows(2).all(|pair| pair[0] == pair[1]);
        match program {
            [] => self.line("\tstruct sock_filter filter[1] = { };"),
            [first, ..] if program.len() > 64 && same => {
                let (many, first) = (program.len(), one(first));
                self.line(&format!(
                    "\tstruct sock_filter filter[] = {{ [0 ... {many} - 1] = {first} }};"
                ));
            }
            program => {
                self.line("\tstruct sock_filter filter[] = {");
                for instruction in program {
                    let (code, words) = (one(instruction), mnemonic(instruction));
                    self.line(&format!("\t\t{:36}/* {words} */", format!("{code},")));
                }
                self.line("\t};");
            }
        }
        for line in lines {
            self.line(format!("\t{line}").trim_end());
        }
        self.line("}");
    }
}
