//! Text that people type, parsed once into what may be stored.

/// The longest name of a practice, a person or a service, in characters.
pub const NAME_MAX_CHARS: usize = 200;
/// The longest note or message, in characters: a paragraph, not a file.
pub const NOTE_MAX_CHARS: usize = 1000;
/// The longest reason of a lock, in characters.
pub const REASON_MAX_CHARS: usize = 500;
/// The longest email address, in characters (RFC 5321, section 4.5.3.1.3, less the brackets).
pub const EMAIL_MAX_CHARS: usize = 254;
/// The longest issuer, and the longest subject of one, in characters (OpenID Connect Core 1.0, section 2).
pub const SUBJECT_MAX_CHARS: usize = 255;
/// The longest idempotency key, in characters.
pub const KEY_MAX_CHARS: usize = 100;

/// Trims, and refuses what is empty, too long or holds control characters.
pub fn line(text: &str, what: &str, max_chars: usize) -> Result<String, String> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Err(format!("The {what} is empty. Write 1 to {max_chars} characters."));
    }
    if trimmed.chars().any(|c| c.is_control() || is_deceptive(c)) {
        return Err(format!("The {what} holds control characters. Write it on one line of plain text."));
    }
    if trimmed.chars().all(|c| c.is_whitespace() || is_unseen(c)) {
        return Err(format!("The {what} has nothing that can be seen. Write 1 to {max_chars} characters."));
    }
    bounded(trimmed, what, max_chars)
}

/// Characters that turn the direction of what follows, or that nobody sees: with them one name can pass for another.
fn is_deceptive(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Invisible as well, but languages write with them: joiners, fillers of half a Korean syllable, the blank of Braille, and
/// what chooses between two shapes of the sign before.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200c}'
        | '\u{200d}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{e0100}'..='\u{e01ef}')
}

/// Like `line`, but several lines are fine.
pub fn paragraph(text: &str, what: &str, max_chars: usize) -> Result<String, String> {
    let trimmed = text.trim();
    if trimmed.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(format!("The {what} holds control characters. Write plain text."));
    }
    bounded(trimmed, what, max_chars)
}

fn bounded(trimmed: &str, what: &str, max_chars: usize) -> Result<String, String> {
    match trimmed.chars().count() {
        count if count > max_chars => Err(format!("The {what} has {count} characters. Shorten it to {max_chars}.")),
        _ => Ok(trimmed.to_owned()),
    }
}

/// An issuer or its subject, as its tokens spell it: ASCII, and case matters.
pub fn subject(text: &str, what: &str) -> Result<String, String> {
    let line = line(text, what, SUBJECT_MAX_CHARS)?;
    if line.is_ascii() {
        Ok(line)
    } else {
        Err(format!("The {what} holds other characters than ASCII. Copy it as the token has it."))
    }
}

/// An address in lower case, with something on both sides of one `@`. Whether it exists only a mail can tell.
pub fn email(text: &str) -> Result<String, String> {
    let address = line(text, "email address", EMAIL_MAX_CHARS)?.to_lowercase();
    let mut sides = address.split('@');
    match (sides.next(), sides.next(), sides.next()) {
        (Some(name), Some(host), None) if !name.is_empty() && !host.is_empty() && !address.contains(' ') => Ok(address),
        _ => Err("This is not an email address. Write it as name@example.org.".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_of_five_thousand_characters_is_refused_with_both_numbers() {
        let refused = paragraph(&"x".repeat(5000), "note", NOTE_MAX_CHARS).expect_err("too long");
        assert!(refused.contains("5000") && refused.contains("1000"), "{refused}");
    }

    #[test]
    fn a_name_is_one_line_with_something_on_it() {
        assert_eq!(line("  Dana  ", "name", 10), Ok("Dana".to_owned()));
        assert!(line("   ", "name", 10).is_err());
        assert!(line("a\nb", "name", 10).is_err());
        let hidden = "Dana\u{e0041}\u{e0042}";
        for wrong in ["\u{200b}", "\u{202e}evil", "Da\u{200b}na", "\u{feff}Dana", "Dana\u{fffb}", hidden] {
            assert!(line(wrong, "name", 10).is_err(), "{wrong:?}");
        }
        for wrong in ["\u{200d} \u{200c}", "\u{3164}", "\u{2800}\u{2800}", "\u{fe0f}", "\u{115f}\u{1160}"] {
            assert!(line(wrong, "name", 10).is_err(), "{wrong:?}");
        }
        // Persian writes names with a joiner.
        assert!(line("مهدی\u{200c}زاده", "name", 20).is_ok());
    }

    #[test]
    fn a_subject_keeps_its_case_and_is_ascii() {
        assert_eq!(subject(" auth0|Dana ", "subject"), Ok("auth0|Dana".to_owned()));
        for wrong in ["", "dänä", "a\nb", &"x".repeat(256)] {
            assert!(subject(wrong, "subject").is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_email_address_is_lower_cased_and_has_two_sides() {
        assert_eq!(email(" Dana@Demo.Test "), Ok("dana@demo.test".to_owned()));
        for wrong in ["dana", "@demo.test", "dana@", "a@b@c", "a b@c"] {
            assert!(email(wrong).is_err(), "{wrong}");
        }
    }
}
