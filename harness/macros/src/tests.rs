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
    let all = "waits, clause = [A, B], needs = &[N, M], ends = KilledBy(SIGSYS), limits = 6, alone";
    let args = args(all).expect("valid");
    assert_eq!(
        (names(&args.clauses), names(&args.needs)),
        (vec!["A".into(), "B".into()], vec!["N".into(), "M".into()])
    );
    assert!(args.alone && args.waits);
    assert_eq!(args.limits.map(|limits| limits.to_string()).as_deref(), Some("6"));
    assert_eq!(names(&Vec::from_iter(args.ends)), ["KilledBy (SIGSYS)"]);
}

#[test]
fn what_is_not_said_is_not_so() {
    let args = args("clause = A").expect("valid");
    assert!(!args.alone && !args.waits && args.needs.is_empty());
    assert!(args.ends.is_none() && args.limits.is_none());
}

#[test]
fn says_what_is_wrong() {
    for text in ["", "alone", "clause = []", "needs = [N], waits"] {
        assert!(refusal(text).contains("cites the promise"), "{text}");
    }
    assert!(refusal("clause = A, claus = B").contains("unknown key `claus`"));
    assert!(refusal("clause = A alone").contains("expected `,`"));
    assert!(refusal("clause A").contains("expected `=`"));
    assert!(refusal("clause = A, limits = many").contains("integer"));
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
        "alone:false,waits:false,limits:1,run:claim",
    ] {
        assert!(plain.contains(part), "{part} in {plain}");
    }
    let full = text("clause = [A, B], needs = [N], alone, waits, limits = 6, ends = Exits(3)");
    for part in ["clauses:&[&A,&B]", "needs:&[&N]", "Exits(3)", "alone:true,waits:true,limits:6"] {
        assert!(full.contains(part), "{part} in {full}");
    }
}
