//! A 32-bit ELF file around some code.

const PAGE: usize = 4096;
/// Where the file is mapped; the page of data follows.
const BASE: u32 = 0x0804_8000;
/// Where in it the code begins.
pub(super) const CODE: usize = 0x100;
/// The byte of the page of data that is not 0 when a program begins: as a selector it blocks.
const BLOCKS: usize = 0x50;

/// A file with this code: a page of headers and code, and a page of data.
pub(super) fn file(code: &[u8]) -> Vec<u8> {
    let page = PAGE as u32;
    #[rustfmt::skip]
    let words = [
        // Executable for the i386; entry; one table, of three program headers, after this header.
        2 | 3 << 16, 1, BASE + CODE as u32, 52, 0, 0, 52 | 32 << 16, 3, 0,
        // The page of code, the page of data, and a stack that is not executable.
        1, 0, BASE, BASE, page, page, 5, page,
        1, page, BASE + page, BASE + page, page, page, 6, page,
        0x6474_e551, 0, 0, 0, 0, 0, 6, 16,
    ];
    let mut file = vec![0x7f, b'E', b'L', b'F', 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    file.extend(words.iter().flat_map(|word: &u32| word.to_le_bytes()));
    file.resize(CODE, 0);
    file.extend(code);
    assert!(file.len() <= PAGE, "the code fits in its page");
    file.resize(2 * PAGE, 0);
    file[PAGE + BLOCKS] = 1;
    file
}
