//! `#[harness::test(..)]`: turns a function into a registered case.

mod per_value;
mod row;
mod words;

use per_value::PerValue;
use proc_macro::TokenStream;
use proc_macro2::Span;
use quote::{quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Expr, Ident, ItemFn, LitInt, LitStr, Token, parse_macro_input};

/// Registers a function without arguments as a case.
///
/// * `clause = C` or `clause = [C, D]`: the promises it holds the kernel to (required).
/// * `catches = ".."`: the broken kernel that fails it, as the end of the sentence "This case catches ..";
///   shown by `sigsys explain` and in failures.
/// * `needs = [N, M]`: what the kernel must offer for the case to make sense.
/// * `word(clause = .., needs = ..)`: what a row is given besides for having the value `word`, such as
///   `dispatch` for `Dispatch`; each row must have the value of exactly one of them.
/// * `ends = KilledBy(SIGSYS)` or `Exits(3)`: how the process is to end after
///   `harness::expect_death()`; without it, the case must reach its last line.
/// * `serial`: it changes something that every process sees, so no other case runs at the same time.
/// * `external_wait`: it waits for something outside the process, so it counts apart in benchmarks.
/// * `timeout_factor = 6`: it does the work of many cases and has six times the time limit.
///
/// Works under `#[rstest]`, which hands the attribute to each case it generates. A row is called by its
/// label, and by the values it takes of `#[values(..)]` or has for want of a label: `claim[label, -512]`.
#[proc_macro_attribute]
pub fn test(args: TokenStream, item: TokenStream) -> TokenStream {
    let args = parse_macro_input!(args as Args);
    let function = parse_macro_input!(item as ItemFn);
    expand(&args, &function).unwrap_or_else(|error| error.to_compile_error()).into()
}

struct Args {
    per_value: Vec<PerValue>,
    clauses: Vec<Expr>,
    catches: Option<LitStr>,
    needs: Vec<Expr>,
    ends: Option<Expr>,
    serial: bool,
    external_wait: bool,
    timeout_factor: Option<LitInt>,
    span: Span,
}

impl Parse for Args {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut args = Self {
            per_value: Vec::new(),
            clauses: Vec::new(),
            catches: None,
            needs: Vec::new(),
            ends: None,
            serial: false,
            external_wait: false,
            timeout_factor: None,
            span: input.span(),
        };
        while !input.is_empty() {
            let key: Ident = input.parse()?;
            match key.to_string().as_str() {
                "serial" => args.serial = true,
                "external_wait" => args.external_wait = true,
                "clause" => args.clauses = list(input)?,
                "catches" => args.catches = Some(sentence_end(input)?),
                "needs" => args.needs = list(input)?,
                "timeout_factor" => {
                    input.parse::<Token![=]>()?;
                    args.timeout_factor = Some(input.parse()?);
                }
                "ends" => {
                    input.parse::<Token![=]>()?;
                    args.ends = Some(input.parse()?);
                }
                _ if input.peek(syn::token::Paren) => {
                    args.per_value.push(PerValue::parse(key, input)?);
                }
                other => {
                    let known = "`clause`, `catches`, `needs`, `ends`, `serial`, `external_wait` or `timeout_factor`";
                    return Err(syn::Error::new(
                        key.span(),
                        format!("unknown key `{other}`: expected {known}"),
                    ));
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        if args.clauses.is_empty() && args.per_value.is_empty() {
            return Err(syn::Error::new(
                args.span,
                "a case cites the promise it tests: `clause = NAME`",
            ));
        }
        Ok(args)
    }
}

/// `= ".."` of words that end a sentence: its full stop is the printer's.
fn sentence_end(input: ParseStream<'_>) -> syn::Result<LitStr> {
    input.parse::<Token![=]>()?;
    let words: LitStr = input.parse()?;
    let text = words.value();
    if text.trim().is_empty() || text != text.trim() || text.ends_with('.') || text.contains('\n') {
        let fault =
            "the words end the sentence `This case catches ..`: one line, without a full stop";
        return Err(syn::Error::new(words.span(), fault));
    }
    Ok(words)
}

/// `= X`, `= [X, Y]` or `= &[X, Y]`.
fn list(input: ParseStream<'_>) -> syn::Result<Vec<Expr>> {
    input.parse::<Token![=]>()?;
    if input.peek(Token![&]) {
        input.parse::<Token![&]>()?;
    }
    if !input.peek(syn::token::Bracket) {
        return Ok(vec![input.parse()?]);
    }
    let content;
    syn::bracketed!(content in input);
    Ok(Punctuated::<Expr, Token![,]>::parse_terminated(&content)?.into_iter().collect())
}

fn expand(args: &Args, function: &ItemFn) -> syn::Result<proc_macro2::TokenStream> {
    let signature = &function.sig;
    if !signature.inputs.is_empty() {
        return Err(syn::Error::new(
            signature.inputs.span(),
            "a case takes no arguments; put `#[rstest]` above to fill them from a table",
        ));
    }
    let name = &signature.ident;
    let row = row::Row::of(function);
    let own = per_value::of_row(&args.per_value, row.as_ref())?;
    let clauses = own.iter().flat_map(|own| &own.clauses).chain(&args.clauses);
    let needs = own.iter().flat_map(|own| &own.needs).chain(&args.needs);
    let path = row.map_or_else(
        || quote!(::core::concat!(::core::module_path!(), "::", ::core::stringify!(#name))),
        |row| row.path(name),
    );
    let Args { serial, external_wait, .. } = args;
    let catches = args.catches.as_ref().map_or_else(|| quote!(""), |words| quote!(#words));
    let factor = args.timeout_factor.as_ref().map_or_else(|| quote!(1), |factor| quote!(#factor));
    // The arguments are the author's text, so they know the line; a generated name does not.
    let line = quote_spanned!(args.span=> ::core::line!());
    let ends = match &args.ends {
        None => quote!(::harness::Ends::Returns),
        Some(ends) => quote!({
            #[expect(unused_imports, reason = "the expression may name any of them")]
            use ::harness::{Ends::*, signals::*};
            #ends
        }),
    };
    Ok(quote! {
        #function
        const _: () = {
            #[::harness::linkme::distributed_slice(::harness::CASES)]
            #[linkme(crate = ::harness::linkme)]
            static CASE: ::harness::Case = ::harness::Case {
                path: #path,
                file: ::core::file!(),
                line: #line,
                clauses: &[#(&#clauses),*],
                catches: #catches,
                needs: &[#(&#needs),*],
                ends: #ends,
                serial: #serial,
                external_wait: #external_wait,
                timeout_factor: #factor,
                run: #name,
            };
        };
    })
}

#[cfg(test)]
mod tests;
