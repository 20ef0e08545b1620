//! The first look at a document, before the parser: it recurses, and its stack must not be the caller's to fill. One pass
//! over the bytes counts tokens and the depth of open brackets, and lets through only what is within the limits.

use super::Excess;
use crate::limits::{Limit, Limits};

/// What one pass over a document found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Seen {
    tokens: u64,
    /// The deepest that selections, arguments, literals and list types are nested in one another, all counted alike.
    nesting: u64,
    longest_name: u64,
}

/// Refuses a document that is longer, or nested deeper, than the limits allow. Whether it is a document at all is the
/// parser's to say.
pub fn check(document: &str, limits: &Limits) -> Result<(), Excess> {
    Excess::check(Limit::DocumentBytes, document.len() as u64, limits)?;
    let seen = look(document.as_bytes(), limits.get(Limit::DocumentTokens), limits.get(Limit::DocumentNesting));
    Excess::check(Limit::DocumentTokens, seen.tokens, limits)?;
    Excess::check(Limit::DocumentNesting, seen.nesting, limits)?;
    Excess::check(Limit::NameChars, seen.longest_name, limits)
}

/// Looks until one of the counts is passed; what comes after matters no more.
fn look(bytes: &[u8], most_tokens: u64, most_nesting: u64) -> Seen {
    let (mut seen, mut depth, mut at) = (Seen::default(), 0_u64, 0);
    while at < bytes.len() && seen.tokens <= most_tokens && seen.nesting <= most_nesting {
        let from = at;
        at = match bytes[at] {
            b'#' => end_of_line(bytes, at),
            b' ' | b'\t' | b'\n' | b'\r' | b',' => at + 1,
            b'"' => end_of_string(bytes, at),
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => end_of_run(bytes, at, is_name),
            b'-' | b'0'..=b'9' => end_of_run(bytes, at + 1, |byte| is_name(byte) || matches!(byte, b'.' | b'+' | b'-')),
            _ => at + 1,
        };
        match bytes[from] {
            b'#' | b' ' | b'\t' | b'\n' | b'\r' | b',' => continue,
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => seen.longest_name = seen.longest_name.max((at - from) as u64),
            _ => {}
        }
        seen.tokens += 1;
        seen.nesting = seen.nesting.max(depth);
    }
    seen
}

fn is_name(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric()
}

fn end_of_run(bytes: &[u8], from: usize, belongs: impl Fn(u8) -> bool) -> usize {
    bytes[from..].iter().position(|byte| !belongs(*byte)).map_or(bytes.len(), |length| from + length)
}

fn end_of_line(bytes: &[u8], from: usize) -> usize {
    end_of_run(bytes, from, |byte| byte != b'\n' && byte != b'\r')
}

/// The end of the string that begins here. One that is not closed ends with its line, and a block that is not closed is
/// an empty string, as it is to the parser: what stands behind it is counted, never skipped.
fn end_of_string(bytes: &[u8], from: usize) -> usize {
    if bytes[from..].starts_with(b"\"\"\"") {
        let mut at = from + 3;
        while at < bytes.len() {
            match &bytes[at..] {
                [b'\\', b'"', b'"', b'"', ..] => at += 4,
                [b'"', b'"', b'"', ..] => return at + 3,
                _ => at += 1,
            }
        }
        return from + 2;
    }
    let mut at = from + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return at + 1,
            b'\n' | b'\r' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}
