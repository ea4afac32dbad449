//! What a filter reads of a call from struct seccomp_data: the number, the architecture, the
//! instruction pointer and the arguments.

use crate::assertions::OneDelivery;
use crate::clauses::*;
use fixtures::call_outcome::{LogBox, UNASSIGNED};
use fixtures::filter::{
    Action, Filter, Word, argument, instruction_pointer, load, made_by, number,
};
use fixtures::gadget::{Gadget, Place};
use fixtures::needs::{INT80, SECCOMP_FILTER};
use fixtures::trapped::TrappedGadget;
use fixtures::{Entry, Reg, Registers, WaitStatus, child, environment, sigsys};
use rstest::rstest;
use sys::uapi::{ENOSYS, SIGILL, SYS_getpid};

use Reg::{R8, R9, R10, Rbp, Rbx, Rcx, Rdi, Rdx, Rsi};

/// The registers of the six arguments, in the 64-bit ABI.
pub(super) const REGISTERS: [Reg; 6] = [Rdi, Rsi, Rdx, R10, R8, R9];
/// The registers of the six arguments, in the 32-bit ABI.
pub(super) const REGISTERS_32: [Reg; 6] = [Rbx, Rcx, Rdx, Rsi, Rdi, Rbp];

/// Signs, halves and edges of an argument.
pub(super) const VALUES: [u64; 11] = [
    0,
    1,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x1_0000_0000,
    0x7fff_ffff_ffff_ffff,
    1 << 63,
    0xffff_ffff_8000_0000,
    0x0123_4567_89ab_cdef,
    u64::MAX,
];

/// Reads 64 bits of seccomp_data, sixteen at a time, through the data of RET_TRAP.
pub(super) struct Shown {
    gadget: Gadget,
    log: LogBox,
    first: i64,
}

impl Shown {
    const PARTS: i64 = 4;
    /// The first of four numbers, each of which reveals one part; all are unassigned in both tables.
    const FIRST: i64 = 400;

    fn new(gadget: Gadget, low: Word, high: Word) -> Self {
        Self::from(Self::FIRST, gadget, low, high)
    }

    fn from(first: i64, gadget: Gadget, low: Word, high: Word) -> Self {
        let log = LogBox(sigsys::handle());
        let words = [(low, 0), (low, 16), (high, 0), (high, 16)];
        let filter = (first..).zip(words).fold(Filter::new(), |filter, (nr, (word, shift))| {
            filter.reveal(number(nr), Action::Trap(0), word, shift)
        });
        filter.load();
        Self { gadget, log, first }
    }

    pub(super) fn argument(entry: Entry, index: u32) -> Self {
        Self::new(Gadget::new(entry), Word::argument_low(index), Word::argument_high(index))
    }

    /// Of calls whose numbers have these bits too.
    pub(super) fn argument_with(bits: i64, entry: Entry, index: u32) -> Self {
        let (low, high) = (Word::argument_low(index), Word::argument_high(index));
        Self::from(Self::FIRST | bits, Gadget::new(entry), low, high)
    }

    pub(super) fn of(&self, registers: Registers) -> u64 {
        (0..Self::PARTS).fold(0, |seen, part| {
            self.log.clear();
            self.gadget.call_with(registers.with(Reg::Rax, (self.first + part) as u64));
            let bits = self.log.delivery(0).expect("the call is trapped").errno();
            seen | (bits as u64 & 0xffff) << (16 * part)
        })
    }
}

/// Each register holds a distinct pattern, so that a value identifies its register.
#[rstest]
#[case::first(0)]
#[case::second(1)]
#[case::third(2)]
#[case::fourth(3)]
#[case::fifth(4)]
#[case::sixth(5)]
#[harness::test(
    clause = SECCOMP_DATA_ARGS,
    catches = "two argument registers swapped in seccomp_data, or R10 replaced by RCX",
    needs = [SECCOMP_FILTER],
)]
fn an_argument_is_its_register(#[case] index: u32) {
    let pattern = Registers::pattern();
    let seen = Shown::argument(Entry::Syscall, index).of(pattern);
    let from = Reg::VALUES.into_iter().find(|reg| pattern[*reg] == seen);
    assert_eq!(from, Some(REGISTERS[index as usize]), "the filter sees {seen:#x}");
}

#[rstest]
#[case::first(0)]
#[case::second(1)]
#[case::third(2)]
#[case::fourth(3)]
#[case::fifth(4)]
#[case::sixth(5)]
#[harness::test(
    clause = [SECCOMP_DATA_ARGS, SECCOMP_DATA_ARGS_NOT_TRUNCATED, DISPATCH_NUMBER_INT80],
    catches = "the 64-bit ABI's argument registers shown to a filter at int 0x80, or only the low halves \
        of the right ones",
    needs = [SECCOMP_FILTER, INT80],
)]
fn an_argument_of_int80_is_its_whole_register(#[case] index: u32) {
    let pattern = Registers::pattern();
    let seen = Shown::argument(Entry::Int80, index).of(pattern);
    let from = Reg::VALUES.into_iter().find(|reg| pattern[*reg] == seen);
    assert_eq!(from, Some(REGISTERS_32[index as usize]), "the filter sees {seen:#x}");
}

/// The values are signs, halves and edges of one argument; the other registers hold patterns.
#[rstest]
#[case::first(0)]
#[case::second(1)]
#[case::third(2)]
#[case::fourth(3)]
#[case::fifth(4)]
#[case::sixth(5)]
#[harness::test(
    clause = [SECCOMP_DATA_ARGS, SECCOMP_DATA_ARGS_NOT_TRUNCATED],
    catches = "an argument truncated to 32 bits or sign-extended before the filter reads it",
    needs = [SECCOMP_FILTER],
)]
fn every_bit_of_an_argument_is_seen(#[case] index: u32) {
    let shown = Shown::argument(Entry::Syscall, index);
    for value in VALUES {
        let registers = Registers::pattern().with(REGISTERS[index as usize], value);
        assert_eq!(shown.of(registers), value);
    }
}

#[harness::test(
    clause = SECCOMP_DATA_ARGS,
    catches = "a comparison of a 64-bit argument in which one of its bits is ignored",
    needs = [SECCOMP_FILTER],
)]
fn a_value_of_64_bits_is_told_from_its_neighbours() {
    const VALUE: u64 = 0x8123_4567_0abc_def0;
    let gadget = Gadget::syscall();
    let filter = (0..6).fold(Filter::new(), |filter, index| {
        let this = number(400 + i64::from(index)).and(argument(index, VALUE));
        filter.when(this, Action::Errno(7))
    });
    filter.load();
    for (index, reg) in REGISTERS.into_iter().enumerate() {
        let with = |value| {
            let image = Registers::pattern().with(Reg::Rax, 400 + index as u64);
            gadget.call_with(image.with(reg, value))[Reg::Rax] as i64
        };
        assert_eq!(with(VALUE), -7, "argument {index}");
        for bit in 0..64 {
            assert_eq!(with(VALUE ^ 1 << bit), -ENOSYS, "argument {index} with bit {bit} changed");
        }
    }
}

#[rstest]
#[case::low_half(0)]
#[case::high_half(16)]
#[harness::test(
    clause = [SECCOMP_DATA_NUMBER, SECCOMP_DATA_UPPER_HALF],
    catches = "nr cut to fewer than 32 bits, or changed by what RAX holds in bits 32 to 63",
    needs = [SECCOMP_FILTER],
)]
fn the_number_is_32_bits_of_rax(#[case] shift: u32) {
    let scene = TrappedGadget::revealing(Entry::Syscall, Word::NUMBER, shift);
    let numbers = [0, 1, 39, 500, 0x1234_5678, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
    for (nr, above) in numbers.into_iter().flat_map(|nr| [(nr, 0), (nr, 0x7755_3311), (nr, 1)]) {
        let caught = scene.delivery(above << 32 | nr);
        assert_eq!(caught.errno() as u64, nr >> shift & 0xffff, "{above:#x} above {nr:#x}");
    }
}

/// The two actions differ by one bit of the number, for each of its 32 bits.
#[rstest]
#[case::getpid(SYS_getpid)]
#[case::x32_getpid(0x4000_0027)]
#[case::minus_one(-1)]
#[case::past_every_table(UNASSIGNED)]
#[harness::test(
    clause = [SECCOMP_DATA_NUMBER, DISPATCH_NUMBER_X32_BIT, SECCOMP_DATA_X32],
    catches = "nr with the x32 bit or the sign bit masked off before the filter compares it",
    needs = [SECCOMP_FILTER],
)]
fn a_number_is_told_from_its_neighbours(#[case] nr: i64) {
    let gadget = Gadget::syscall();
    let here = instruction_pointer(gadget.after());
    let otherwise = Action::Errno(8);
    let this = number(nr).and(made_by(Entry::Syscall)).and(here.clone());
    Filter::new().when(this, Action::Errno(7)).when(here, otherwise).load();
    assert_eq!(gadget.call(nr), -7);
    for bit in 0..32 {
        assert_eq!(gadget.call(nr ^ 1 << bit), -8, "with bit {bit} changed");
    }
}

/// int 0x80 is executed in 64-bit code here.
#[rstest]
#[case::syscall_low(Entry::Syscall, 0)]
#[case::syscall_high(Entry::Syscall, 16)]
#[case::int80_low(Entry::Int80, 0)]
#[case::int80_high(Entry::Int80, 16)]
#[harness::test(
    clause = [SECCOMP_DATA_ARCH, DISPATCH_NUMBER_INT80],
    catches = "arch derived from the code segment or from the x32 bit of nr instead of from the entry",
    needs = [SECCOMP_FILTER, INT80],
)]
fn the_abi_is_the_instructions(#[case] entry: Entry, #[case] shift: u32) {
    let scene = TrappedGadget::revealing(entry, Word::ARCH, shift);
    for rax in [UNASSIGNED as u64, 0x4000_0027, u64::MAX, 20] {
        let caught = scene.delivery(rax);
        assert_eq!(caught.errno() as u32, entry.audit_arch() >> shift & 0xffff);
        assert_eq!(caught.arch(), entry.audit_arch());
    }
}

/// The instruction pointer that the filter reads, relative to the gadget's instruction.
fn seen_place(entry: Entry, page: usize) -> Place {
    let gadget = Gadget::at_address(entry, page + 0x7fe);
    let shown = Shown::new(gadget, Word::IP_LOW, Word::IP_HIGH);
    gadget.place(shown.of(Registers::pattern()))
}

#[harness::test(
    clause = SECCOMP_DATA_INSTRUCTION_POINTER,
    catches = "an instruction_pointer that holds the address after SYSCALL, where the manual says the \
        instruction's",
    needs = [SECCOMP_FILTER],
)]
fn the_instruction_pointer_is_the_instruction() {
    let seen = seen_place(Entry::Syscall, 0x3_0000);
    harness::observe!("instruction_pointer", seen);
    assert_eq!(seen, Place::INSTRUCTION);
}

#[harness::test(
    clause = [SECCOMP_DATA_INSTRUCTION_POINTER, DISPATCH_NUMBER_INT80],
    catches = "an instruction_pointer that holds the return address pushed by int 0x80, two bytes after \
        its start",
    needs = [SECCOMP_FILTER, INT80],
)]
fn the_instruction_pointer_is_the_32_bit_instruction() {
    let seen = seen_place(Entry::Int80, 0x3_0000);
    harness::observe!("instruction_pointer", seen);
    assert_eq!(seen, Place::INSTRUCTION);
}

#[rstest]
#[case::low(0x3_0000)]
#[case::far(0x2468_1357_9000)]
#[case::just_above_4_gib(0x1_0000_0000)]
#[case::just_below_4_gib(0xffff_e000)]
#[case::above_2_gib(0x8000_0000)]
#[harness::test(
    clause = [SECCOMP_TRAP_PC_AFTER_INSTRUCTION, SECCOMP_DATA_ARGS],
    catches = "an instruction_pointer cut to 32 bits, or one that differs from the program counter saved \
        at entry",
    needs = [SECCOMP_FILTER],
)]
fn the_instruction_pointer_is_the_saved_program_counter(#[case] page: usize) {
    assert_eq!(seen_place(Entry::Syscall, page), Place::AFTER);
}

/// The three calls have the same number and arguments, and the first two instructions are adjacent.
#[harness::test(
    clause = [SECCOMP_TRAP_PC_AFTER_INSTRUCTION, SECCOMP_ACTIONS_ALLOW],
    catches = "an instruction_pointer rounded, so that a call from the next instruction meets the same \
        verdict",
    needs = [SECCOMP_FILTER],
)]
fn one_instruction_of_many_is_refused() {
    let pair = Gadget::pair(Entry::Syscall, 3);
    let far = Gadget::syscall();
    Filter::only(instruction_pointer(pair[0].after()), Action::Errno(7)).load();
    let results = [pair[0], pair[1], far].map(|gadget| gadget.call(UNASSIGNED));
    assert_eq!(results, [-7, -ENOSYS, -ENOSYS]);
}

/// These are the kernel's own numbers for probes. A call outside a probe fails or raises SIGILL.
#[rstest]
#[case::uretprobe(335)]
#[case::uprobe(336)]
#[harness::test(
    clause = SECCOMP_DATA_EVERY_CALL,
    catches = "uretprobe or uprobe let through without running the filter",
    needs = [SECCOMP_FILTER],
)]
fn no_number_is_exempt(#[case] nr: i64) {
    const REFUSED: i32 = 7;
    const FAILED: i32 = 8;
    // The call may kill the process if it is executed.
    let end = child::fork(|| {
        environment::disable_core_dump();
        load(nr as u32, Action::Errno(7));
        let result = Gadget::syscall().call(nr);
        child::exit(match result {
            -7 => REFUSED,
            -4095..=-1 => FAILED,
            _ => 9,
        })
    });
    // Executed outside a probe, the call fails or ends the process by SIGILL.
    match end {
        WaitStatus::Exited(REFUSED) => {}
        WaitStatus::Exited(FAILED) | WaitStatus::KilledBy(SIGILL) => {
            panic!("the filter is not asked")
        }
        other => panic!("the child ended otherwise: {other:?}"),
    }
}

#[rstest]
#[case::before(334)]
#[case::after(337)]
#[case::x32_uretprobe(0x4000_0000 | 335)]
#[case::x32_uprobe(0x4000_0000 | 336)]
#[harness::test(
    clause = [SECCOMP_DATA_NUMBER, DISPATCH_NUMBER_X32_BIT],
    catches = "an exemption for probes that covers adjacent numbers, or numbers that carry the x32 bit",
    needs = [SECCOMP_FILTER],
)]
fn a_number_beside_the_probes_is_filtered(#[case] nr: i64) {
    load(nr as u32, Action::Errno(7));
    assert_eq!(Gadget::syscall().call(nr), -7);
}

#[rstest]
#[case::uretprobe(335)]
#[case::uprobe(336)]
#[harness::test(
    clause = [SECCOMP_DATA_NUMBER, DISPATCH_NUMBER_INT80],
    catches = "an exemption of 335 and 336 that ignores arch and so lets the 32-bit calls through",
    needs = [SECCOMP_FILTER, INT80],
)]
fn a_32_bit_number_of_the_probes_is_filtered(#[case] nr: i64) {
    load(nr as u32, Action::Errno(7));
    assert_eq!(Gadget::int80().call(nr), -7);
}
