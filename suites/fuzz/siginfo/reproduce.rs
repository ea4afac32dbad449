//! An intercepted call with all its registers, as a C program.

use super::{By, Fact, Input, Intercepted, Prediction, image};
use crate::fuzz::reproducer::{Piece, Reproducer, hex};
use model::Abi;
use model::signal::Gregs;

/// Registers in the order of a handler's context.
const NAMES: [&str; 18] = [
    "R8", "R9", "R10", "R11", "R12", "R13", "R14", "R15", "RDI", "RSI", "RBP", "RBX", "RDX", "RAX",
    "RCX", "RSP", "RIP", "EFL",
];

pub(super) fn reproduce(
    property: &Intercepted,
    input: &Input,
    prediction: &Prediction<Fact>,
) -> Reproducer {
    let instruction = property.gadget.instruction();
    let compat = property.abi() == Abi::I386;
    let mut c = Reproducer::new();
    c.needs(Piece::Enter);
    table(&mut c, "The call is made with these.", "registers", &image(input));
    for fact in &prediction.facts {
        match fact {
            Fact::Saved { registers, .. } => {
                table(&mut c, "The handler finds these.", "found", registers);
            }
            Fact::Back(registers) => table(&mut c, "These come back.", "back", registers),
            _ => {}
        }
    }
    c.line("");
    c.gadget(instruction, compat);
    let flags = if input.restart { "SA_RESTART" } else { "0" };
    c.handler(flags, None);
    c.line(&format!(
        "own(SYS_rt_sigprocmask, SIG_SETMASK, (long)(unsigned long[]){{ {} }}, 0, 8, 0, 0);",
        hex(input.mask)
    ));
    match &property.by {
        By::Dispatch(selector) => {
            c.selector(selector.address());
            c.handler_allows();
            let call = c.prctl(property.configuration(*selector), None);
            c.expect("the answer", 0, &call);
        }
        By::Trap(program) => {
            c.no_new_privileges();
            c.remark("It traps. The data is everything the filter sees, folded into 16 bits.");
            c.filter(program);
        }
    }
    if input.again {
        c.needs(Piece::Again);
    }
    let entry = if compat { "int 0x80" } else { "syscall" };
    c.step(&format!("{entry} at {instruction:#x} with {:#x} in RAX", input.rax));
    if input.again {
        c.line("begins_again = 1;");
    }
    let dispatched = matches!(property.by, By::Dispatch(_));
    if dispatched {
        c.store(1);
    }
    c.line(&format!("enter({instruction:#x}, registers);"));
    if dispatched {
        c.store(0);
    }
    for fact in &prediction.facts {
        compare(&mut c, fact, u8::from(!compat));
    }
    c.ends(prediction.last);
    c
}

fn table(c: &mut Reproducer, remark: &str, name: &str, registers: &Gregs) {
    c.remark(remark);
    c.line(&format!("unsigned long {name}[REGISTERS] = {{"));
    let shown: Vec<_> = NAMES
        .into_iter()
        .zip(registers)
        .filter(|(_, value)| **value != 0)
        .map(|(name, value)| format!("[REG_{name}] = {}", hex(*value)))
        .collect();
    for few in shown.chunks(3) {
        c.line(&format!("\t{},", few.join(", ")));
    }
    c.line("};");
}

fn compare(c: &mut Reproducer, fact: &Fact, copy: u8) {
    match *fact {
        Fact::Signals(signals) => c.expect("signals", signals as i64, "signals"),
        Fact::Signal(signo, info, padding, zeros) => {
            c.expect("si_signo", signo.into(), "info.si_signo");
            c.expect_info(info);
            c.expect("the padding after si_code", padding.into(), "((int *)&info)[3]");
            c.line("for (int i = 8; i < 32; i++)");
            let zero = u8::from(!zeros);
            let expected = format!("\"siginfo after its fields\", {zero}, ((int *)&info)[i]");
            c.line(&format!("\texpect({expected});"));
        }
        Fact::Saved { rip, .. } => {
            c.needs(Piece::ExpectRegisters);
            c.step("the registers that the handler finds");
            c.expect("rip", rip as i64, "saved.uc_mcontext.gregs[REG_RIP]");
            c.line(&format!("expect_registers(found, (void *)saved.uc_mcontext.gregs, {copy});"));
        }
        Fact::Stack(kept) => c.expect(
            "whether rsp is kept",
            kept.into(),
            "saved.uc_mcontext.gregs[REG_RSP] == (long)registers[REG_RSP]",
        ),
        Fact::Mask(mask) => {
            c.expect("the mask", mask as i64, "*(long *)(void *)&saved.uc_sigmask");
        }
        Fact::Back(_) => {
            c.needs(Piece::ExpectRegisters);
            c.step("the registers that come back");
            c.line(&format!("expect_registers(back, registers, {copy});"));
        }
    }
}
