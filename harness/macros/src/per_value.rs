//! Promises and needs of the rows that have a certain value: `dispatch(clause = [..], needs = [..])`.

use super::list;
use super::row::Row;
use syn::parse::{Parse, ParseStream};
use syn::{Expr, Ident, Token, parenthesized};

/// What rows are given for one of their values.
pub(crate) struct PerValue {
    /// The value in words, as in the row's name.
    value: Ident,
    pub(crate) clauses: Vec<Expr>,
    pub(crate) needs: Vec<Expr>,
}

impl PerValue {
    /// Reads what follows the value: `(clause = .., needs = ..)`.
    pub(crate) fn parse(value: Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let content;
        parenthesized!(content in input);
        let mut own = Self { value, clauses: Vec::new(), needs: Vec::new() };
        while !content.is_empty() {
            let key = Ident::parse(&content)?;
            match key.to_string().as_str() {
                "clause" => own.clauses = list(&content)?,
                "needs" => own.needs = list(&content)?,
                other => {
                    let known = "`clause` and `needs`";
                    let text = format!("unknown key `{other}`: a value has {known} of its own");
                    return Err(syn::Error::new(key.span(), text));
                }
            }
            if !content.is_empty() {
                content.parse::<Token![,]>()?;
            }
        }
        if own.clauses.is_empty() {
            return Err(syn::Error::new(
                own.value.span(),
                "a value's rows cite a promise: `clause = NAME`",
            ));
        }
        Ok(own)
    }
}

/// The one of `all` whose value this row has; none where nothing is said per value.
///
/// # Errors
/// The row has none of the values, or several.
pub(crate) fn of_row<'a>(
    all: &'a [PerValue],
    row: Option<&Row<'_>>,
) -> syn::Result<Option<&'a PerValue>> {
    let Some(first) = all.first() else { return Ok(None) };
    let has = |own: &&PerValue| row.is_some_and(|row| row.has_value(&own.value.to_string()));
    let mut matching = all.iter().filter(has);
    match (matching.next(), matching.next()) {
        (Some(own), None) => Ok(Some(own)),
        _ => {
            let names: Vec<String> = all.iter().map(|own| format!("`{}`", own.value)).collect();
            let text = format!("each row has exactly one of the values {}", names.join(", "));
            Err(syn::Error::new(first.value.span(), text))
        }
    }
}
