//! What a filter sees of a call: number, ABI, address, and every bit of every argument.

use super::clauses::*;
use crate::dispatch::clauses::{INT_ABI_INT80, INT_ABI_X32_BIT};
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

/// Where the six arguments are, by ABI.
const REGISTERS: [Reg; 6] = [Rdi, Rsi, Rdx, R10, R8, R9];
const REGISTERS_32: [Reg; 6] = [Rbx, Rcx, Rdx, Rsi, Rdi, Rbp];

/// 64 bits of what a filter is shown, read sixteen at a time.
struct Shown {
    gadget: Gadget,
    log: LogBox,
}

impl Shown {
    const PARTS: i64 = 4;
    /// One number for each of the four parts, from a gap in both tables.
    const FIRST: i64 = 400;

    fn new(gadget: Gadget, low: Word, high: Word) -> Self {
        let log = LogBox(sigsys::handle());
        let words = [(low, 0), (low, 16), (high, 0), (high, 16)];
        let filter =
            (Self::FIRST..).zip(words).fold(Filter::new(), |filter, (nr, (word, shift))| {
                filter.reveal(number(nr), Action::Trap(0), word, shift)
            });
        filter.load();
        Self { gadget, log }
    }

    fn argument(entry: Entry, index: u32) -> Self {
        Self::new(Gadget::new(entry), Word::argument_low(index), Word::argument_high(index))
    }

    fn of(&self, registers: Registers) -> u64 {
        (0..Self::PARTS).fold(0, |seen, part| {
            self.log.clear();
            self.gadget.call_with(registers.with(Reg::Rax, (Self::FIRST + part) as u64));
            let bits = self.log.delivery(0).expect("the call is trapped").errno();
            seen | (bits as u64 & 0xffff) << (16 * part)
        })
    }
}

/// Every register holds a pattern of its own, so that a value tells where it comes from.
#[rstest]
#[case::first(0)]
#[case::second(1)]
#[case::third(2)]
#[case::fourth(3)]
#[case::fifth(4)]
#[case::sixth(5)]
#[harness::test(clause = NOW_DATA_ARGS, needs = [SECCOMP_FILTER])]
fn an_argument_is_its_register(#[case] index: u32) {
    let pattern = Registers::pattern();
    let seen = Shown::argument(Entry::Syscall, index).of(pattern);
    let from = Reg::VALUES.into_iter().find(|reg| pattern[*reg] == seen);
    assert_eq!(from, Some(REGISTERS[index as usize]), "the filter sees {seen:#x}");
}

/// A kernel that shows the 64-bit ABI's registers for int 0x80, or the low halves of the right ones.
#[rstest]
#[case::first(0)]
#[case::second(1)]
#[case::third(2)]
#[case::fourth(3)]
#[case::fifth(4)]
#[case::sixth(5)]
#[harness::test(
    clause = [NOW_DATA_ARGS, NOW_DATA_ARGS_TRUNCATION, INT_ABI_INT80],
    needs = [SECCOMP_FILTER, INT80],
)]
fn an_argument_of_int80_is_its_whole_register(#[case] index: u32) {
    let pattern = Registers::pattern();
    let seen = Shown::argument(Entry::Int80, index).of(pattern);
    let from = Reg::VALUES.into_iter().find(|reg| pattern[*reg] == seen);
    assert_eq!(from, Some(REGISTERS_32[index as usize]), "the filter sees {seen:#x}");
}

/// Signs, halves and edges, in each argument; the others hold patterns.
#[rstest]
#[case::first(0)]
#[case::second(1)]
#[case::third(2)]
#[case::fourth(3)]
#[case::fifth(4)]
#[case::sixth(5)]
#[harness::test(
    clause = [NOW_DATA_ARGS, NOW_DATA_ARGS_TRUNCATION],
    needs = [SECCOMP_FILTER],
)]
fn every_bit_of_an_argument_is_seen(#[case] index: u32) {
    let values = [
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
    let shown = Shown::argument(Entry::Syscall, index);
    for value in values {
        let registers = Registers::pattern().with(REGISTERS[index as usize], value);
        assert_eq!(shown.of(registers), value);
    }
}

/// A filter that asks for one value meets each value that differs from it in one bit.
#[harness::test(clause = NOW_DATA_ARGS, needs = [SECCOMP_FILTER])]
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

/// A kernel that cuts the number to fewer bits, or shows another one where RAX has bits above 31.
#[rstest]
#[case::low_half(0)]
#[case::high_half(16)]
#[harness::test(clause = [NOW_DATA_NR, NOW_DATA_NR_HI_BITS], needs = [SECCOMP_FILTER])]
fn the_number_is_32_bits_of_rax(#[case] shift: u32) {
    let scene = TrappedGadget::revealing(Entry::Syscall, Word::NUMBER, shift);
    let numbers = [0, 1, 39, 500, 0x1234_5678, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
    for (nr, above) in numbers.into_iter().flat_map(|nr| [(nr, 0), (nr, 0x7755_3311), (nr, 1)]) {
        let caught = scene.delivery(above << 32 | nr);
        assert_eq!(caught.errno() as u64, nr >> shift & 0xffff, "{above:#x} above {nr:#x}");
    }
}

/// A filter may ask for any number; those that differ in one bit of 32 are others.
#[rstest]
#[case::getpid(SYS_getpid)]
#[case::x32_getpid(0x4000_0027)]
#[case::minus_one(-1)]
#[case::past_every_table(UNASSIGNED)]
#[harness::test(
    clause = [NOW_DATA_NR, INT_ABI_X32_BIT, NOW_DATA_X32_SAME_ARCH],
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

/// A kernel that names the ABI by the code segment or by the number's x32 bit: int 0x80 is made
/// from 64-bit code here.
#[rstest]
#[case::syscall_low(Entry::Syscall, 0)]
#[case::syscall_high(Entry::Syscall, 16)]
#[case::int80_low(Entry::Int80, 0)]
#[case::int80_high(Entry::Int80, 16)]
#[harness::test(clause = [NOW_DATA_ARCH, INT_ABI_INT80], needs = [SECCOMP_FILTER, INT80])]
fn the_abi_is_the_instructions(#[case] entry: Entry, #[case] shift: u32) {
    let scene = TrappedGadget::revealing(entry, Word::ARCH, shift);
    for rax in [UNASSIGNED as u64, 0x4000_0027, u64::MAX, 20] {
        let caught = scene.delivery(rax);
        assert_eq!(caught.errno() as u32, entry.audit_arch() >> shift & 0xffff);
        assert_eq!(caught.arch(), entry.audit_arch());
    }
}

/// The instruction pointer, as its distance from the gadget's instruction.
fn seen_place(entry: Entry, page: usize) -> Place {
    let gadget = Gadget::at_address(entry, page + 0x7fe);
    let shown = Shown::new(gadget, Word::IP_LOW, Word::IP_HIGH);
    gadget.place(shown.of(Registers::pattern()))
}

/// A kernel that shows the address behind the instruction, where the text says the instruction's.
#[harness::test(clause = NOW_DATA_IP, needs = [SECCOMP_FILTER])]
fn the_instruction_pointer_is_the_instruction() {
    let seen = seen_place(Entry::Syscall, 0x3_0000);
    harness::observe!("instruction_pointer", seen);
    assert_eq!(seen, Place::INSTRUCTION);
}

/// A kernel that shows the address the interrupt pushed, two bytes behind the start of int 0x80.
#[harness::test(clause = [NOW_DATA_IP, INT_ABI_INT80], needs = [SECCOMP_FILTER, INT80])]
fn the_instruction_pointer_is_the_32_bit_instruction() {
    let seen = seen_place(Entry::Int80, 0x3_0000);
    harness::observe!("instruction_pointer", seen);
    assert_eq!(seen, Place::INSTRUCTION);
}

/// What kernels do: it is the program counter that a trap saves, all 64 bits of it.
#[rstest]
#[case::low(0x3_0000)]
#[case::far(0x2468_1357_9000)]
#[case::just_above_4_gib(0x1_0000_0000)]
#[case::just_below_4_gib(0xffff_e000)]
#[case::above_2_gib(0x8000_0000)]
#[harness::test(clause = [TRAP_PC_AFTER, NOW_DATA_ARGS], needs = [SECCOMP_FILTER])]
fn the_instruction_pointer_is_the_saved_program_counter(#[case] page: usize) {
    assert_eq!(seen_place(Entry::Syscall, page), Place::AFTER);
}

/// The same number with the same arguments: the place alone decides, and two bytes decide it.
#[harness::test(clause = [TRAP_PC_AFTER, ALLOW_EXECUTES], needs = [SECCOMP_FILTER])]
fn one_instruction_of_many_is_refused() {
    let pair = Gadget::pair(Entry::Syscall, 3);
    let far = Gadget::syscall();
    Filter::only(instruction_pointer(pair[0].after()), Action::Errno(7)).load();
    let results = [pair[0], pair[1], far].map(|gadget| gadget.call(UNASSIGNED));
    assert_eq!(results, [-7, -ENOSYS, -ENOSYS]);
}

/// The kernel's own numbers for probes: a filter is to see these calls too.
#[rstest]
#[case::uretprobe(335)]
#[case::uprobe(336)]
#[harness::test(clause = NOW_ACT_UPROBE_EXEMPT, needs = [SECCOMP_FILTER])]
fn no_number_is_exempt(#[case] nr: i64) {
    const REFUSED: i32 = 7;
    const FAILED: i32 = 8;
    // Made, the call may be a deadly one.
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
    // Outside of a probe the call fails, or is the end by an undefined instruction.
    match end {
        WaitStatus::Exited(REFUSED) => {}
        WaitStatus::Exited(FAILED) | WaitStatus::KilledBy(SIGILL) => {
            panic!("the filter is not asked")
        }
        other => panic!("the child came to another end: {other:?}"),
    }
}

/// What the kernel exempts is a number of the 64-bit ABI, with no bit more.
#[rstest]
#[case::before(334)]
#[case::after(337)]
#[case::x32_uretprobe(0x4000_0000 | 335)]
#[case::x32_uprobe(0x4000_0000 | 336)]
#[harness::test(clause = [NOW_DATA_NR, INT_ABI_X32_BIT], needs = [SECCOMP_FILTER])]
fn a_number_beside_the_probes_is_filtered(#[case] nr: i64) {
    load(nr as u32, Action::Errno(7));
    assert_eq!(Gadget::syscall().call(nr), -7);
}

/// A kernel that exempts 335 and 336 whatever the ABI: by int 0x80 they are no probe's.
#[rstest]
#[case::uretprobe(335)]
#[case::uprobe(336)]
#[harness::test(clause = [NOW_DATA_NR, INT_ABI_INT80], needs = [SECCOMP_FILTER, INT80])]
fn a_32_bit_number_of_the_probes_is_filtered(#[case] nr: i64) {
    load(nr as u32, Action::Errno(7));
    assert_eq!(Gadget::int80().call(nr), -7);
}
