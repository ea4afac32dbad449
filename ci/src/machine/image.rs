//! Whether a file is a kernel this tool can boot, told from its first bytes.

use object::LittleEndian;
use object::elf::{self, FileHeader64};
use object::read::elf::{FileHeader, ProgramHeader};
use std::fmt::Write;

/// Where an ELF file names its machine.
const E_MACHINE: usize = 18;

/// What a bootable image says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    /// Its release, where the image names it.
    pub release: Option<String>,
}

/// Reads the header of an image.
///
/// # Errors
/// Says what it is instead, and what to do.
pub(crate) fn check(bytes: &[u8]) -> Result<Image, String> {
    if bytes.is_empty() {
        return Err("it is empty".into());
    }
    if word(bytes, 0x202) == Some(*b"HdrS") {
        return x86(bytes);
    }
    if bytes.starts_with(b"\x7fELF") {
        return elf(bytes);
    }
    for (at, magic, architecture) in [
        (0x38, *b"ARM\x64", "arm64"),
        (0x38, *b"RSC\x05", "RISC-V"),
        (0x24, *b"\x18\x28\x6f\x01", "arm"),
    ] {
        if word(bytes, at) == Some(magic) {
            return Err(foreign(architecture));
        }
    }
    Err(other(bytes))
}

fn foreign(architecture: &str) -> String {
    format!("it is a kernel for {architecture}; sigsys boots x86-64 kernels")
}

fn word(bytes: &[u8], at: usize) -> Option<[u8; 4]> {
    bytes.get(at..at + 4)?.try_into().ok()
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

/// The x86 boot protocol's header.
fn x86(bytes: &[u8]) -> Result<Image, String> {
    const SETUP_SECTORS: usize = 0x1f1;
    const SIZE: usize = 0x1f4;
    const VERSION_OF_PROTOCOL: usize = 0x206;
    const LOAD_FLAGS: usize = 0x236;
    const RUNS_IN_64_BIT: u16 = 1;
    let truncated = || "it is cut off: copy it again".to_owned();
    let flags = half(bytes, LOAD_FLAGS).ok_or_else(truncated)?;
    let protocol = half(bytes, VERSION_OF_PROTOCOL).unwrap_or(0);
    if protocol < 0x20c || flags & RUNS_IN_64_BIT == 0 {
        return Err(foreign("32-bit x86 (or older than 3.8)"));
    }
    let sectors = match bytes[SETUP_SECTORS] {
        0 => 4,
        count => usize::from(count),
    };
    let size = word(bytes, SIZE).map_or(0, u32::from_le_bytes) as usize;
    if bytes.len() < (sectors + 1) * 512 + size * 16 {
        return Err(truncated());
    }
    let release = banner(bytes)
        .and_then(|text| text.split(' ').next().map(str::to_owned))
        .filter(|text| !text.is_empty());
    Ok(Image { release })
}

/// What a bzImage says of itself: its release, who built it, and as what. `bytes` need not be all of it.
pub(crate) fn banner(bytes: &[u8]) -> Option<String> {
    const KERNEL_VERSION: usize = 0x20e;
    let at = half(bytes, KERNEL_VERSION).filter(|at| *at != 0)?;
    let text = bytes.get(usize::from(at) + 0x200..)?.split(|byte| *byte == 0).next()?;
    std::str::from_utf8(text).ok().map(str::to_owned)
}

fn elf(bytes: &[u8]) -> Result<Image, String> {
    let Some(machine) = half(bytes, E_MACHINE) else {
        return Err("it is cut off: copy it again".into());
    };
    match elf::Machine(machine) {
        elf::EM_X86_64 if is_program(bytes) => {
            Err("it is a program, not a kernel: name the kernel's bzImage".into())
        }
        // A vmlinux: QEMU starts one that has a PVH entry.
        elf::EM_X86_64 => Ok(Image { release: None }),
        other => Err(foreign(&machine_name(other))),
    }
}

fn machine_name(machine: elf::Machine) -> String {
    match machine {
        elf::EM_386 => "32-bit x86".into(),
        elf::EM_PPC64 => "PowerPC".into(),
        elf::EM_S390 => "s390".into(),
        elf::EM_ARM => "arm".into(),
        elf::EM_AARCH64 => "arm64".into(),
        elf::EM_RISCV => "RISC-V".into(),
        elf::EM_LOONGARCH => "LoongArch".into(),
        elf::Machine(other) => format!("ELF machine {other}"),
    }
}

/// Types of the program headers of a 64-bit ELF file; none where they cannot be read.
fn segments(bytes: &[u8]) -> Vec<elf::ProgramType> {
    let header = FileHeader64::<LittleEndian>::parse(bytes);
    let segments = header.and_then(|header| header.program_headers(LittleEndian, bytes));
    segments.unwrap_or_default().iter().map(|segment| segment.p_type(LittleEndian)).collect()
}

/// Kernels have neither an interpreter nor thread-local storage.
fn is_program(bytes: &[u8]) -> bool {
    segments(bytes).iter().any(|kind| [elf::PT_DYNAMIC, elf::PT_INTERP, elf::PT_TLS].contains(kind))
}

/// Whether `bytes` are a program that does not run without other files.
pub(crate) fn needs_libraries(bytes: &[u8]) -> bool {
    segments(bytes).contains(&elf::PT_INTERP)
}

fn other(bytes: &[u8]) -> String {
    let packed: [(&[u8], &str); 8] = [
        (b"\x1f\x8b", "gzip"),
        (b"\xfd7zXZ\0", "xz"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"BZh", "bzip2"),
        (b"\x02\x21\x4c\x18", "lz4"),
        (b"\x04\x22\x4d\x18", "lz4"),
        (b"\x5d\0\0", "lzma"),
        (b"!<arch>\n", "ar (a Debian package?)"),
    ];
    if let Some((_, how)) = packed.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return format!("it is no kernel image but packed with {how}: unpack it first");
    }
    if bytes.starts_with(b"MZ") {
        return efi(bytes);
    }
    let start: String = bytes.iter().take(8).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    format!("it is no kernel image (it begins with {start})")
}

/// A program for EFI: its header tells the machine.
fn efi(bytes: &[u8]) -> String {
    let header = word(bytes, 0x3c).map_or(0, u32::from_le_bytes) as usize;
    let machine = header.checked_add(4).and_then(|at| half(bytes, at));
    match machine {
        Some(0xaa64) => foreign("arm64"),
        Some(0x5064) => foreign("RISC-V"),
        Some(0x6264) => foreign("LoongArch"),
        Some(0x01c2..=0x01c4) => foreign("arm"),
        _ => "it is a program for EFI without a Linux boot header (a unified kernel image?): \
              name the kernel's bzImage"
            .into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// A bzImage of 4 setup sectors and one paragraph.
    fn bzimage() -> Vec<u8> {
        let mut bytes = vec![0; 5 * 512 + 16];
        bytes[0x1f1] = 4;
        bytes[0x1f4] = 1;
        bytes[0x202..0x206].copy_from_slice(b"HdrS");
        bytes[0x206..0x208].copy_from_slice(&0x20fu16.to_le_bytes());
        bytes[0x20e..0x210].copy_from_slice(&0x200u16.to_le_bytes());
        bytes[0x236] = 1;
        bytes[0x400..0x40e].copy_from_slice(b"6.1.0-x (me) 1");
        bytes
    }

    fn with(at: usize, patch: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; 512];
        bytes[at..at + patch.len()].copy_from_slice(patch);
        bytes
    }

    fn elf_of(machine: u8) -> Vec<u8> {
        let mut bytes = with(0, b"\x7fELF\x02\x01\x01");
        bytes[18] = machine;
        bytes
    }

    #[test]
    fn a_kernel_names_its_release() {
        assert_eq!(check(&bzimage()), Ok(Image { release: Some("6.1.0-x".into()) }));
        assert_eq!(check(&elf_of(62)), Ok(Image { release: None }));
    }

    #[test]
    fn a_byte_less_is_too_few() {
        let whole = bzimage();
        let error = check(&whole[..whole.len() - 1]).expect_err("cut off");
        assert!(error.contains("cut off"), "{error}");
        assert!(check(&whole[..0x206]).is_err());
    }

    #[test]
    fn a_32_bit_kernel_is_foreign() {
        let mut bytes = bzimage();
        bytes[0x236] = 0;
        assert!(check(&bytes).expect_err("foreign").contains("32-bit x86"));
    }

    #[rstest]
    #[case::empty(vec![], "is empty")]
    #[case::text(b"hello, world".to_vec(), "begins with 68656c6c6f2c2077")]
    #[case::one_byte(vec![0], "begins with 00")]
    #[case::gzip(b"\x1f\x8b\x08".to_vec(), "packed with gzip")]
    #[case::zstd(b"\x28\xb5\x2f\xfd".to_vec(), "packed with zstd")]
    #[case::package(b"!<arch>\ndebian".to_vec(), "packed with ar")]
    #[case::arm64(with(0x38, b"ARM\x64"), "for arm64")]
    #[case::riscv(with(0x38, b"RSC\x05"), "for RISC-V")]
    #[case::arm(with(0x24, b"\x18\x28\x6f\x01"), "for arm;")]
    #[case::elf_arm64(elf_of(183), "for arm64")]
    #[case::elf_i386(elf_of(3), "for 32-bit x86")]
    #[case::elf_cut(b"\x7fELF".to_vec(), "cut off")]
    #[case::efi(with(0, b"MZ"), "program for EFI")]
    #[case::dos(b"MZ".to_vec(), "program for EFI")]
    fn says_what_it_is_instead(#[case] bytes: Vec<u8>, #[case] says: &str) {
        let error = check(&bytes).expect_err("no image");
        assert!(error.contains(says), "{error}");
    }

    #[test]
    fn the_tests_own_program_is_no_kernel() {
        let program = std::fs::read("/proc/self/exe").expect("readable");
        assert!(check(&program).expect_err("a program").contains("program, not a kernel"));
    }
}
