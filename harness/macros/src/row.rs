//! Rows: the functions rstest makes of a table, each with its arguments in front of the call of the claim.

use super::words;
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Expr, Ident, ItemFn, Pat, Stmt};

/// What a generated function says of its row.
pub(crate) struct Row<'a> {
    claim: &'a Ident,
    arguments: Vec<(&'a Ident, &'a Expr)>,
}

impl<'a> Row<'a> {
    /// The row `function` was made of; none where an author wrote it.
    pub(crate) fn of(function: &'a ItemFn) -> Option<Self> {
        let (Stmt::Expr(Expr::Call(call), None), lets) = function.block.stmts.split_last()? else {
            return None;
        };
        let Expr::Path(callee) = &*call.func else { return None };
        let claim = callee.path.get_ident()?;
        let arguments: Vec<_> = lets.iter().map(argument).collect::<Option<_>>()?;
        let name = function.sig.ident.to_string();
        let words = arguments.iter().map(|(name, _)| name.to_string()).chain(["case".to_owned()]);
        let is_numbered = |word: String| {
            let rest = name.strip_prefix(&word).and_then(|rest| rest.strip_prefix('_'));
            rest.is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
        };
        words.into_iter().any(is_numbered).then_some(Self { claim, arguments })
    }

    /// Whether one of its values is called so.
    pub(crate) fn has_value(&self, word: &str) -> bool {
        self.arguments
            .iter()
            .filter_map(|(name, value)| words::of(name, value))
            .any(|words| words.alone == word)
    }

    /// An expression of the row's whole path.
    pub(crate) fn path(&self, function: &Ident) -> TokenStream {
        let claim = self.claim;
        let arguments = self.arguments.iter().map(|(name, value)| {
            let words = words::of(name, value);
            let (alone, among) =
                words.map_or_else(Default::default, |words| (words.alone, words.among));
            quote!(::harness::row::Argument {
                name: ::core::stringify!(#name), alone: #alone, among: #among
            })
        });
        quote!({
            const TEXT: ::harness::row::Text = ::harness::row::path(&::harness::row::Row {
                module: ::core::module_path!(),
                claim: ::core::stringify!(#claim),
                function: ::core::stringify!(#function),
                arguments: &[#(#arguments),*],
            });
            const BYTES: [u8; TEXT.len()] = TEXT.bytes();
            match ::core::str::from_utf8(&BYTES) {
                Ok(path) => path,
                Err(_) => ::core::panic!("not ASCII"),
            }
        })
    }
}

fn argument(statement: &Stmt) -> Option<(&Ident, &Expr)> {
    let Stmt::Local(local) = statement else { return None };
    let Pat::Ident(pattern) = &local.pat else { return None };
    Some((&pattern.ident, &local.init.as_ref()?.expr))
}
