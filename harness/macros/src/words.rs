//! The value of a row in the words of the field: `-512`, `INT_MIN`, `SECCOMP_RET_TRAP 9`, not Rust's.

use syn::{BinOp, Expr, ExprCall, Ident, Lit, Path, UnOp};

/// A value in words: alone in its row, and among others.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Words {
    pub alone: String,
    pub among: String,
}

/// What a parameter's value is called; nothing where Rust's text is all there is.
pub(crate) fn of(name: &Ident, value: &Expr) -> Option<Words> {
    let name = name.to_string();
    let name = name.trim_start_matches('_');
    let both = |words: String| Some(Words { alone: words.clone(), among: words });
    match plain(value) {
        Expr::Lit(lit) if matches!(lit.lit, Lit::Bool(_)) => {
            both(if is_true(&lit.lit) { name.to_owned() } else { format!("not {name}") })
        }
        value if is_path(value, "None") => both(format!("no {name}")),
        Expr::Call(call) if is_path(&call.func, "Some") => {
            both(format!("{name} {}", argument_words(call)?))
        }
        value => {
            let alone = expression(value)?;
            let among = match is_number(value) {
                true => format!("{name} {alone}"),
                false => alone.clone(),
            };
            Some(Words { alone, among })
        }
    }
}

/// The value without what stands around it: parentheses, casts and conversions that lose nothing, and
/// the block in which rstest turns a literal into the parameter's type.
fn plain(value: &Expr) -> &Expr {
    match value {
        Expr::Paren(inner) => plain(&inner.expr),
        Expr::Group(inner) => plain(&inner.expr),
        Expr::Cast(inner) => plain(&inner.expr),
        Expr::Reference(inner) => plain(&inner.expr),
        Expr::Call(call) if is_conversion(call) => plain(&call.args[0]),
        Expr::Block(block) => match block.block.stmts.last() {
            Some(syn::Stmt::Expr(Expr::MethodCall(call), None))
                if call.method == "magic_conversion" && call.args.len() == 1 =>
            {
                &call.args[0]
            }
            _ => value,
        },
        _ => value,
    }
}

fn expression(value: &Expr) -> Option<String> {
    match plain(value) {
        Expr::Lit(lit) => literal(&lit.lit),
        Expr::Unary(unary) => {
            let sign = match unary.op {
                UnOp::Neg(_) => "-",
                UnOp::Not(_) => "~",
                _ => return None,
            };
            Some(sign.to_owned() + &operand(&unary.expr)?)
        }
        Expr::Binary(binary) => {
            let sign = match binary.op {
                BinOp::Add(_) => "+",
                BinOp::Sub(_) => "-",
                BinOp::BitOr(_) => "|",
                BinOp::Shl(_) => "<<",
                _ => return None,
            };
            Some(format!("{}{sign}{}", operand(&binary.left)?, operand(&binary.right)?))
        }
        Expr::Path(_) => path(plain(value)),
        Expr::Call(call) => {
            let name = path(&call.func)?;
            let arguments: Option<Vec<_>> = call.args.iter().map(expression).collect();
            Some(format!("{name} {}", arguments?.join(" ")))
        }
        Expr::Tuple(tuple) => {
            let parts: Option<Vec<_>> = tuple.elems.iter().map(expression).collect();
            Some(parts?.join(" "))
        }
        _ => None,
    }
}

/// Part of a larger expression: in parentheses where it is one itself.
fn operand(value: &Expr) -> Option<String> {
    let words = expression(value)?;
    Some(if matches!(plain(value), Expr::Binary(_)) { format!("({words})") } else { words })
}

fn argument_words(call: &ExprCall) -> Option<String> {
    if call.args.len() == 1 { expression(&call.args[0]) } else { None }
}

fn literal(lit: &Lit) -> Option<String> {
    match lit {
        Lit::Int(int) => {
            let text = int.to_string();
            let digits = text.strip_suffix(int.suffix()).unwrap_or(&text);
            Some(digits.replace('_', ""))
        }
        Lit::Str(text) => Some(text.value()),
        Lit::CStr(text) => text.value().into_string().ok(),
        Lit::Bool(value) => Some(value.value.to_string()),
        _ => None,
    }
}

/// A constant or a variant: `INT_MIN`, `clone_thread`.
fn path(value: &Expr) -> Option<String> {
    let Expr::Path(path) = value else { return None };
    let last = last_segment(&path.path)?;
    let segments: Vec<String> =
        path.path.segments.iter().map(|one| one.ident.to_string()).collect();
    if let [.., integer, limit] = segments.as_slice()
        && let Some(words) = limit_of(integer, limit)
    {
        return Some(words.to_owned());
    }
    Some(if is_camel(&last) { snake(&last) } else { last })
}

/// The limits of Rust's integers by the names of C's on 64 bits.
fn limit_of(integer: &str, limit: &str) -> Option<&'static str> {
    Some(match (integer, limit) {
        ("i8", "MIN") => "SCHAR_MIN",
        ("i8", "MAX") => "SCHAR_MAX",
        ("u8", "MAX") => "UCHAR_MAX",
        ("i16", "MIN") => "SHRT_MIN",
        ("i16", "MAX") => "SHRT_MAX",
        ("u16", "MAX") => "USHRT_MAX",
        ("i32", "MIN") => "INT_MIN",
        ("i32", "MAX") => "INT_MAX",
        ("u32", "MAX") => "UINT_MAX",
        ("i64" | "isize", "MIN") => "LONG_MIN",
        ("i64" | "isize", "MAX") => "LONG_MAX",
        ("u64" | "usize", "MAX") => "ULONG_MAX",
        _ => return None,
    })
}

/// `CloneThread`, not `SIGSYS`.
fn is_camel(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.contains(|any: char| any.is_ascii_lowercase())
}

fn snake(camel: &str) -> String {
    let mut words = String::new();
    for (at, character) in camel.char_indices() {
        if character.is_ascii_uppercase() && at > 0 {
            words.push('_');
        }
        words.push(character.to_ascii_lowercase());
    }
    words
}

fn is_path(value: &Expr, name: &str) -> bool {
    matches!(value, Expr::Path(path) if path.path.is_ident(name))
}

/// `i64::from(x)`.
fn is_conversion(call: &ExprCall) -> bool {
    let Expr::Path(path) = &*call.func else { return false };
    let segments: Vec<String> =
        path.path.segments.iter().map(|one| one.ident.to_string()).collect();
    let integers = ["i16", "i32", "i64", "u16", "u32", "u64", "usize"];
    matches!(segments.as_slice(), [kind, from] if integers.contains(&kind.as_str()) && from == "from")
        && call.args.len() == 1
}

/// A number and nothing that says what it is: `0x7f`, `-1`, `1 << 32`.
fn is_number(value: &Expr) -> bool {
    match plain(value) {
        Expr::Lit(lit) => matches!(lit.lit, Lit::Int(_)),
        Expr::Unary(unary) => is_number(&unary.expr),
        Expr::Binary(binary) => is_number(&binary.left) && is_number(&binary.right),
        Expr::Path(path) => {
            let segments = path.path.segments.iter().map(|one| one.ident.to_string());
            let segments: Vec<String> = segments.collect();
            matches!(segments.as_slice(), [.., integer, limit] if limit_of(integer, limit).is_some())
        }
        _ => false,
    }
}

fn is_true(lit: &Lit) -> bool {
    matches!(lit, Lit::Bool(value) if value.value)
}

/// The name at the end of a path.
fn last_segment(path: &Path) -> Option<String> {
    path.segments.last().map(|last| last.ident.to_string())
}
