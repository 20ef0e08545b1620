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

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use proptest::prelude::*;

    use super::*;

    fn seen(document: &str) -> Seen {
        look(document.as_bytes(), u64::MAX, u64::MAX)
    }

    #[test]
    fn tokens_and_nesting_are_those_of_the_language() {
        let all = |tokens, nesting, longest_name| Seen { tokens, nesting, longest_name };
        assert_eq!(seen("{ a }"), all(3, 1, 1));
        assert_eq!(seen("{ abc(b: [{c: 1.5e+3}, $d]) @e # { { {\n }"), all(18, 4, 3));
        assert_eq!(seen("{ a(b: \"{{{ \\\" {{{\") }"), all(8, 2, 1), "brackets in a string");
        assert_eq!(seen("{ a(b: \"\"\"{ \\\"\"\" { \" \n{\"\"\") }"), all(8, 2, 1), "brackets in a block");
        assert_eq!(seen("\u{feff} , \n"), all(3, 0, 0), "a byte order mark is counted by its bytes");
    }

    #[test]
    fn a_block_that_is_not_closed_hides_nothing() {
        // To the parser these are an empty string, a string, and lists.
        let list = format!("{{ a(b: [\"\"\" x\" {}", "[".repeat(100));
        assert!(seen(&list).nesting >= 100);
    }

    #[test]
    fn each_limit_is_refused_by_its_name() {
        let limits = Limits::default();
        for (document, told) in [
            ("#".repeat(32 * 1024 + 1), "document_bytes"),
            ("a ".repeat(4_001), "document_tokens"),
            ("[".repeat(33), "document_nesting"),
            ("a".repeat(101), "name_chars"),
        ] {
            let excess = check(&document, &limits).expect_err(told);
            assert_eq!(excess.limit.name(), told);
        }
    }

    #[test]
    fn the_longest_literal_that_is_let_through_does_not_overflow_the_parsers_stack() {
        let depth = Limits::default().size(Limit::DocumentNesting) - 2;
        let document = format!("{{ a(b: {}{}) }}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(check(&document, &Limits::default()), Ok(()));
        let parse = move || parse_query(document).is_ok();
        // As small as no thread of ours is.
        let small = std::thread::Builder::new().stack_size(512 * 1024).spawn(parse).expect("a thread");
        assert!(small.join().expect("it does not overflow"));
    }

    /// The deepest that the parser nests: every list, object, argument list and selection is one level.
    fn nests(document: &str) -> u64 {
        let mut depth = 0_u64;
        let mut deepest = 0;
        for byte in document.bytes() {
            match byte {
                b'{' | b'[' | b'(' => depth += 1,
                b'}' | b']' | b')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            deepest = deepest.max(depth);
        }
        deepest
    }

    proptest! {
        #[test]
        fn without_strings_and_comments_every_bracket_counts(document in "[\\[\\]{}() a,1$:@!.\n-]{0,80}") {
            prop_assert_eq!(seen(&document).nesting, nests(&document));
        }

        #[test]
        fn what_the_parser_takes_is_never_nested_deeper_than_was_seen(
            value in "[\\[\\]{}\"#a:1 \\n\\\\]{0,24}"
        ) {
            let document = format!("{{ f(x: [{value}]) }}");
            if let Ok(parsed) = parse_query(&document) {
                let deepest = format!("{parsed:?}").matches("List(").count();
                // Each list that was parsed had its bracket counted; as many may lie beside each other.
                prop_assert!(seen(&document).tokens as usize >= deepest);
            }
        }
    }
}
