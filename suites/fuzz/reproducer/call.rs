//! One call of a C program, and what is expected of it.

use super::{Piece, Reproducer, hex};
use model::signal::Info;

/// A call from a gadget, or of an address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Calling {
    pub address: u64,
    pub compat: bool,
    pub rax: u64,
    pub args: [u64; 6],
}

/// What a call gives.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Gives {
    /// This.
    Value(i64),
    /// What another C expression gives that is about `who`.
    Who(&'static str),
    /// Something for which a C expression holds that may be about `who`.
    Is(&'static str, &'static str),
}

/// What is expected of a call that comes back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected {
    pub signals: u64,
    pub result: Gives,
    /// What the handler is shown.
    pub info: Option<Info>,
    /// RIP and RAX as the handler finds them.
    pub saved: [Option<u64>; 2],
}

impl Expected {
    /// So many signals, and this.
    pub(crate) fn plain(signals: u64, result: i64) -> Self {
        Self { signals, result: Gives::Value(result), info: None, saved: [None; 2] }
    }

    /// Whether it is about who calls.
    pub(crate) fn is_about_who(&self) -> bool {
        match self.result {
            Gives::Value(_) => false,
            Gives::Who(_) => true,
            Gives::Is(_, condition) => condition.contains("who."),
        }
    }
}

impl Reproducer {
    /// A call; nothing is expected of one that does not come back.
    pub(crate) fn call(&mut self, calling: Calling, expected: Option<Expected>) {
        let Calling { address, compat, rax, args } = calling;
        let (piece, name) = if compat { (Piece::Call32, "call_32") } else { (Piece::Call, "call") };
        self.needs(piece);
        let args = args.map(hex).join(", ");
        let call = format!("{name}({address:#x}, {}, {args});", hex(rax));
        let Some(expected) = expected else { return self.line(&call) };
        self.has_result = true;
        self.line(&format!("result = {call}"));
        self.expect_call(expected);
    }

    /// A call that nobody can wait for.
    pub(crate) fn call_for_ever(&mut self, calling: Calling) {
        self.call(calling, None);
        self.comes_back_never();
    }

    /// The call before this does not come back.
    pub(crate) fn comes_back_never(&mut self) {
        self.remark("The model: it does not come back, or nobody knows what it does.");
        self.expect("whether it comes back", 0, "1");
    }

    fn expect_call(&mut self, expected: Expected) {
        let Expected { signals, result, info, saved } = expected;
        self.remark(match signals {
            0 => "The model: no signal comes.",
            1 => "The model: it is intercepted, the handler runs once.",
            _ => "The model: it is intercepted more than once.",
        });
        self.expect("signals", signals as i64, "signals");
        if let Some(info) = info {
            self.expect_info(info);
        }
        for (value, name) in saved.into_iter().zip(["RIP", "RAX"]) {
            if let Some(value) = value {
                let got = format!("saved.uc_mcontext.gregs[REG_{name}]");
                let what = format!("{} as the handler finds it", name.to_lowercase());
                self.expect(&what, value as i64, &got);
            }
        }
        match result {
            Gives::Value(value) => self.expect("the result", value, "result"),
            Gives::Who(who) => self.expect_that("the result", who, "result"),
            Gives::Is(what, condition) => {
                self.expect_that(&format!("the result is {what}"), "1", condition);
            }
        }
    }

    /// The fields of the first signal since the step began.
    pub(crate) fn expect_info(&mut self, info: Info) {
        let Info { errno, code, call_addr, syscall, arch } = info;
        self.needs(Piece::ExpectInfo);
        let call_addr = hex(call_addr);
        self.line(&format!("expect_info({errno}, {code}, {call_addr}, {syscall}, {arch:#x});"));
    }

    /// Whoever calls from now on knows what the identity calls answer.
    pub(crate) fn ask_who(&mut self) {
        self.needs(Piece::AskWho);
        self.line("ask_who();");
    }
}
