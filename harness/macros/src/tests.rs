//! What a case may say of itself, and what is refused where it is written.

use super::{Args, expand};
use quote::ToTokens;
use syn::{Expr, ItemFn};

fn args(text: &str) -> syn::Result<Args> {
    syn::parse_str(text)
}

fn refusal(text: &str) -> String {
    match args(text) {
        Ok(_) => panic!("`{text}` is accepted"),
        Err(error) => error.to_string(),
    }
}

fn names(list: &[Expr]) -> Vec<String> {
    list.iter().map(|name| name.to_token_stream().to_string()).collect()
}

#[test]
fn one_name_needs_no_brackets() {
    for text in ["clause = A", "clause = [A]", "clause = &[A]", "clause = [A,],"] {
        assert_eq!(names(&args(text).expect(text).clauses), ["A"], "{text}");
    }
}

#[test]
fn every_key_says_its_own() {
    let all = "external_wait, clause = [A, B], catches = \"a lost bit\", needs = &[N, M], ends = KilledBy(SIGSYS), timeout_factor = 6, serial";
    let args = args(all).expect("valid");
    assert_eq!(
        (names(&args.clauses), names(&args.needs)),
        (vec!["A".into(), "B".into()], vec!["N".into(), "M".into()])
    );
    assert!(args.serial && args.external_wait);
    assert_eq!(args.catches.map(|words| words.value()).as_deref(), Some("a lost bit"));
    assert_eq!(
        args.timeout_factor.map(|timeout_factor| timeout_factor.to_string()).as_deref(),
        Some("6")
    );
    assert_eq!(names(&Vec::from_iter(args.ends)), ["KilledBy (SIGSYS)"]);
}

#[test]
fn what_is_not_said_is_not_so() {
    let args = args("clause = A").expect("valid");
    assert!(!args.serial && !args.external_wait && args.needs.is_empty());
    assert!(args.ends.is_none() && args.timeout_factor.is_none() && args.catches.is_none());
}

#[test]
fn says_what_is_wrong() {
    for text in ["", "serial", "clause = []", "needs = [N], external_wait"] {
        assert!(refusal(text).contains("cites the promise"), "{text}");
    }
    assert!(refusal("clause = A, claus = B").contains("unknown key `claus`"));
    assert!(refusal("clause = A serial").contains("expected `,`"));
    assert!(refusal("clause A").contains("expected `=`"));
    assert!(refusal("clause = A, timeout_factor = many").contains("integer"));
    for words in ["", " ", "a lost bit.", " a lost bit", "a lost bit\\n"] {
        let said = refusal(&format!("clause = A, catches = \"{words}\""));
        assert!(said.contains("without a full stop"), "{words:?}: {said}");
    }
}

#[test]
fn a_case_takes_no_arguments() {
    let function: ItemFn = syn::parse_str("fn claim(row: u8) {}").expect("a function");
    let refused = expand(&args("clause = A").expect("valid"), &function).expect_err("refused");
    assert!(refused.to_string().contains("#[rstest]"), "{refused}");
}

#[test]
fn a_case_is_registered_as_it_says() {
    let function: ItemFn = syn::parse_str("fn claim() {}").expect("a function");
    let text = |said: &str| {
        let tokens = expand(&args(said).expect("valid"), &function).expect("valid");
        tokens.to_string().split_whitespace().collect::<String>()
    };
    let plain = text("clause = A");
    for part in [
        "fnclaim(){}",
        "clauses:&[&A]",
        "needs:&[]",
        "ends:::harness::Ends::Returns",
        "serial:false,external_wait:false,timeout_factor:1,run:claim",
    ] {
        assert!(plain.contains(part), "{part} in {plain}");
    }
    let full = text(
        "clause = [A, B], needs = [N], serial, external_wait, timeout_factor = 6, ends = Exits(3)",
    );
    for part in [
        "clauses:&[&A,&B]",
        "needs:&[&N]",
        "Exits(3)",
        "serial:true,external_wait:true,timeout_factor:6",
    ] {
        assert!(full.contains(part), "{part} in {full}");
    }
}

fn words(name: &str, value: &str) -> Option<(String, String)> {
    let name = syn::parse_str(name).expect("a name");
    let value: Expr = syn::parse_str(value).expect("an expression");
    super::words::of(&name, &value).map(|words| (words.alone, words.among))
}

#[test]
fn a_value_is_said_in_the_words_of_the_field() {
    for (value, alone, among) in [
        ("-512", "-512", "nr -512"),
        ("0xffff_ffff", "0xffffffff", "nr 0xffffffff"),
        ("7u16", "7", "nr 7"),
        ("0xff_u8", "0xff", "nr 0xff"),
        ("-(1 << 33) | 0x8000_0027", "-(1<<33)|0x80000027", "nr -(1<<33)|0x80000027"),
        ("(1 << 32) | 32", "(1<<32)|32", "nr (1<<32)|32"),
        ("!0", "~0", "nr ~0"),
        ("i64::from(i32::MIN) + 1", "INT_MIN+1", "nr INT_MIN+1"),
        ("usize::MAX", "ULONG_MAX", "nr ULONG_MAX"),
        ("BIT as u64", "BIT", "BIT"),
        ("GARBAGE | 0x8000_0000", "GARBAGE|0x80000000", "GARBAGE|0x80000000"),
        ("Way::Path", "path", "path"),
        ("Flavour::CloneVmVfork", "clone_vm_vfork", "clone_vm_vfork"),
        ("sys::filter::SECCOMP_RET_TRAP(9)", "SECCOMP_RET_TRAP 9", "SECCOMP_RET_TRAP 9"),
        ("Stop::Event(EVENT_SECCOMP)", "event EVENT_SECCOMP", "event EVENT_SECCOMP"),
        ("\"txetpx\"", "txetpx", "txetpx"),
        ("c\"/bin\"", "/bin", "/bin"),
        ("(3, X)", "3 X", "3 X"),
        ("(true, 3)", "true 3", "true 3"),
        ("&BIT", "BIT", "BIT"),
        ("BIT - 1", "BIT-1", "BIT-1"),
        ("true", "nr", "nr"),
        ("false", "not nr", "not nr"),
        ("None", "no nr", "no nr"),
        ("Some(-1)", "nr -1", "nr -1"),
        ("{ use magic::*; (&&&Magic::<u8>(P)).magic_conversion(\"on\") }", "on", "on"),
    ] {
        assert_eq!(words("nr", value), Some((alone.into(), among.into())), "{value}");
    }
    assert_eq!(words("_nr", "false"), Some(("not nr".into(), "not nr".into())));
}

#[test]
fn a_limit_of_an_integer_has_its_name_in_c() {
    for (limit, name) in [
        ("i8::MIN", "SCHAR_MIN"),
        ("i8::MAX", "SCHAR_MAX"),
        ("u8::MAX", "UCHAR_MAX"),
        ("i16::MIN", "SHRT_MIN"),
        ("i16::MAX", "SHRT_MAX"),
        ("u16::MAX", "USHRT_MAX"),
        ("i32::MIN", "INT_MIN"),
        ("i32::MAX", "INT_MAX"),
        ("u32::MAX", "UINT_MAX"),
        ("i64::MIN", "LONG_MIN"),
        ("i64::MAX", "LONG_MAX"),
        ("isize::MIN", "LONG_MIN"),
        ("isize::MAX", "LONG_MAX"),
        ("u64::MAX", "ULONG_MAX"),
        ("usize::MAX", "ULONG_MAX"),
    ] {
        assert_eq!(words("nr", limit), Some((name.into(), format!("nr {name}"))), "{limit}");
    }
}

#[test]
fn what_a_macro_hands_on_in_a_group_is_the_value() {
    let expr: Expr = syn::parse_str("-512").expect("an expression");
    let group = syn::ExprGroup {
        attrs: Vec::new(),
        group_token: syn::token::Group::default(),
        expr: Box::new(expr),
    };
    let name = syn::parse_str("nr").expect("a name");
    let words = super::words::of(&name, &Expr::Group(group)).expect("a number has words");
    assert_eq!((words.alone.as_str(), words.among.as_str()), ("-512", "nr -512"));
}

#[test]
fn what_only_rust_can_say_has_no_words() {
    for value in [
        "|x| x",
        "Args { mode: 3 }",
        "vec![1]",
        "a.b()",
        "[1, 2]",
        "f(|| 1)",
        "1 == 2",
        "*p",
        "Some(|| 1)",
        "{ a.b(c) }",
        "{ a.magic_conversion(b, c) }",
    ] {
        assert_eq!(words("nr", value), None, "{value}");
    }
}

/// What rstest makes of a row, as far as it matters here.
fn generated(function: &str) -> Option<String> {
    let function: ItemFn = syn::parse_str(function).expect("a function");
    super::row::Row::of(&function).map(|row| row.path(&function.sig.ident).to_string())
}

#[test]
fn a_row_is_known_by_what_rstest_makes_of_it() {
    for function in [
        "fn case_1() { claim() }",
        "fn case_12_off() { let nr = f(|| 1); claim(nr) }",
        "fn nr_1__1() { let nr = -1; claim(nr) }",
        "fn first_is_2_true() { let nr = 1; let mut first_is = true; claim(nr, first_is) }",
    ] {
        let path = generated(function).expect(function);
        assert!(path.contains("stringify ! (claim)"), "{path}");
    }
    for function in [
        "fn claim() { assert!(true); }",
        "fn claim() { let nr = 1; claim_of(nr) }",
        "fn case_1() { claim(); }",
        "fn case_1() { a::claim() }",
        "fn case_off() { claim() }",
        "fn case_1() { assert!(true); claim() }",
        "fn case_1() { let (a, b) = c; claim(a, b) }",
        "fn nrs_1() { let nr = 1; claim(nr) }",
        "fn empty() {}",
    ] {
        assert_eq!(generated(function), None, "{function}");
    }
}

#[test]
fn a_row_hands_on_its_values_in_words() {
    let path = generated("fn nr_1__1() { let nr = -1; let table = vec![1]; claim(nr, table) }");
    let path = path.expect("a row");
    assert!(path.contains("alone : \"-1\" , among : \"nr -1\""), "{path}");
    assert!(path.contains("stringify ! (table) , alone : \"\" , among : \"\""), "{path}");
}

/// The rows before and after a row in its table are no part of what it hands on.
#[test]
fn another_row_changes_nothing_but_the_number() {
    let rows = ["case_1_off", "case_02_off"].map(|name| {
        generated(&format!("fn {name}() {{ let nr = -1; claim(nr) }}"))
            .expect("a row")
            .replace(name, "")
    });
    assert_eq!(rows[0], rows[1]);
}

/// What a row of `function` cites and needs, where the attribute says `text`.
fn of_row(text: &str, function: &str) -> Result<[Vec<String>; 2], String> {
    let args = args(text).expect(text);
    let function: ItemFn = syn::parse_str(function).expect("a function");
    let row = super::row::Row::of(&function);
    let own = super::per_value::of_row(&args.per_value, row.as_ref()).map_err(|e| e.to_string())?;
    let own = own.expect("something is said per value");
    Ok([names(&own.clauses), names(&own.needs)])
}

#[test]
fn a_row_is_given_what_its_value_says() {
    let text = "dispatch(clause = [A, B], needs = [N]), trap(clause = C), needs = [M]";
    let row =
        |value: &str| format!("fn by_1_X() {{ let nr = 1; let by = {value}; claim(nr, by) }}");
    let words = |all: &[&str]| all.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    assert_eq!(of_row(text, &row("Dispatch")), Ok([words(&["A", "B"]), words(&["N"])]));
    assert_eq!(of_row(text, &row("Trap")), Ok([words(&["C"]), words(&[])]));
    for other in [row("Both"), row("\"dispatching\""), "fn claim() { assert!(true); }".into()] {
        let said = of_row(text, &other).expect_err(&other);
        assert!(said.contains("exactly one of the values `dispatch`, `trap`"), "{said}");
    }
    let both = "fn case_1() { let a = Dispatch; let b = Trap; claim(a, b) }";
    assert!(of_row(text, both).is_err(), "a row of two values");
}

#[test]
fn says_what_is_wrong_of_a_value() {
    assert!(refusal("trap(needs = [N])").contains("cite a promise"));
    assert!(refusal("trap()").contains("cite a promise"));
    assert!(refusal("trap(clause = A, ends = Exits(1))").contains("unknown key `ends`"));
    assert!(refusal("trap(clause = A needs = [N])").contains("expected `,`"));
}
