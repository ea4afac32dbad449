//! PTRACE_SECCOMP_GET_METADATA: what a tracer is told of a filter besides its program.

use super::get_filter::bound;
use crate::clauses::*;
use fixtures::Errno::{self, EFAULT, EINVAL, ENOENT};
use fixtures::filter::{Action, Filter, Instruction, LOG, SPEC_ALLOW, number};
use fixtures::memory;
use fixtures::needs::{GET_FILTER, KILL_PROCESS_LOG, PTRACE, ROOT, SECCOMP_FILTER, UNFILTERED};
use fixtures::tracee::{METADATA_SIZE, Tracee};
use rstest::rstest;
use sys::uapi::PTRACE_SECCOMP_GET_METADATA;

const FILL: u64 = 0xa5a5_a5a5_a5a5_a5a5;

fn program() -> Vec<Instruction> {
    Filter::only(number(500), Action::Errno(7)).program()
}

fn ask(tracee: &Tracee, size: usize, at: usize) -> Result<usize, Errno> {
    tracee.request(PTRACE_SECCOMP_GET_METADATA, size, at)
}

/// Each filter has flags of its own; what stood in the field before is no part of the answer.
#[harness::test(
    clause = [SECCOMP_GET_FILTER_METADATA, SECCOMP_GET_FILTER_INDEX],
    catches = "the flags of another filter, flags other than LOG, or an index that counts from the newest",
    needs = [ROOT, UNFILTERED, PTRACE, KILL_PROCESS_LOG, GET_FILTER],
)]
fn each_filter_has_flags_of_its_own() {
    let flags = [0, LOG, LOG | SPEC_ALLOW, SPEC_ALLOW, 0];
    let tracee = bound(&flags.map(|flags| (flags, program())));
    for (index, flags) in flags.into_iter().enumerate() {
        let index = index as u64;
        let told = (flags & LOG) as u64;
        assert_eq!(tracee.filter_metadata(index), Ok((METADATA_SIZE, [index, told])), "of {index}");
    }
    for past in [5, 6, 1 << 32, u64::MAX] {
        assert_eq!(tracee.filter_metadata(past), Err(ENOENT), "index {past:#x}");
    }
}

/// The filter has LOG, so that the flags are not 0; the answer is the number of bytes written.
#[rstest]
#[case::nothing(0, Err(EINVAL))]
#[case::one_byte(1, Err(EINVAL))]
#[case::one_byte_short(7, Err(EINVAL))]
#[case::the_index(8, Ok(8))]
#[case::a_part_of_the_flags(9, Ok(9))]
#[case::one_byte_less(15, Ok(15))]
#[case::whole(16, Ok(16))]
#[case::larger(17, Ok(16))]
#[case::twice(32, Ok(16))]
#[case::a_page(4096, Ok(16))]
#[case::huge(1 << 32, Ok(16))]
#[case::most(usize::MAX, Ok(16))]
#[harness::test(
    clause = SECCOMP_GET_FILTER_METADATA_SIZE,
    catches = "a size taken for an exact one, cut to 32 bits or ignored, or bytes written behind it",
    needs = [ROOT, UNFILTERED, PTRACE, KILL_PROCESS_LOG, GET_FILTER],
)]
fn no_more_is_written_than_fits(#[case] size: usize, #[case] expected: Result<usize, Errno>) {
    let tracee = bound(&[(0, program()), (LOG, program())]);
    let mut words = [1, FILL, FILL];
    assert_eq!(ask(&tracee, size, words.as_mut_ptr() as usize), expected);
    let mut bytes = [1u64, FILL, FILL].map(u64::to_le_bytes).concat();
    let told = [1u64, LOG as u64].map(u64::to_le_bytes).concat();
    let written = expected.unwrap_or(0);
    bytes[..written].copy_from_slice(&told[..written]);
    assert_eq!(words.map(u64::to_le_bytes).concat(), bytes);
}

/// The structure is read first and written afterwards.
#[rstest]
#[case::fits(16, 16, Ok(16))]
#[case::fits_in_part(8, 8, Ok(8))]
#[case::flags_in_the_hole(8, 16, Err(EFAULT))]
#[case::index_in_the_hole(7, 16, Err(EFAULT))]
#[case::size_before_pointer(7, 7, Err(EINVAL))]
#[harness::test(
    clause = [SECCOMP_GET_FILTER_BAD_POINTER, SECCOMP_GET_FILTER_METADATA_SIZE],
    catches = "a structure that reaches into a hole and is taken for complete, or a pointer checked before \
        the size",
    needs = [ROOT, UNFILTERED, PTRACE, SECCOMP_FILTER, GET_FILTER],
)]
fn a_structure_that_reaches_into_a_hole_is_efault(
    #[case] room: usize,
    #[case] size: usize,
    #[case] expected: Result<usize, Errno>,
) {
    let tracee = bound(&[(0, program())]);
    assert_eq!(ask(&tracee, size, memory::zeros_before_hole() - room), expected);
}

/// The index in the first is past the last filter.
#[harness::test(
    clause = [SECCOMP_GET_FILTER_BAD_POINTER, SECCOMP_GET_FILTER_INDEX],
    catches = "metadata written to memory that may only be read, or refused before the index is looked at",
    needs = [ROOT, UNFILTERED, PTRACE, SECCOMP_FILTER, GET_FILTER],
)]
fn a_structure_that_cannot_be_written_is_efault() {
    let tracee = bound(&[(0, program())]);
    assert_eq!(ask(&tracee, 16, memory::read_only_word(1)), Err(ENOENT));
    assert_eq!(ask(&tracee, 16, memory::read_only_word(0)), Err(EFAULT));
    for at in [0, 1, 0xffff_8000_0000_0000, usize::MAX] {
        assert_eq!(ask(&tracee, 16, at), Err(EFAULT), "{at:#x}");
    }
    assert_eq!(tracee.filter_metadata(0), Ok((16, [0, 0])));
}
