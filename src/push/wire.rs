//! How wake-ups are written between servers: `PRACTICE:NUMBER` pairs, comma between, in messages of bounded length.

use std::collections::HashMap;

use crate::domain::ids::PracticeId;

/// The longest message in bytes: PostgreSQL refuses to notify with 8,000 and more.
const MESSAGE_MAX_BYTES: usize = 7_900;

/// Writes the wake-ups in as few messages as they need.
pub(super) fn write(news: &HashMap<PracticeId, i64>) -> Vec<String> {
    let mut messages = vec![String::new()];
    for (practice, last_event) in news {
        let pair = format!("{}:{last_event}", practice.0.simple());
        match messages.last_mut() {
            Some(message) if message.is_empty() => message.push_str(&pair),
            Some(message) if message.len() + 1 + pair.len() <= MESSAGE_MAX_BYTES => {
                message.push(',');
                message.push_str(&pair);
            }
            _ => messages.push(pair),
        }
    }
    messages
}

/// Reads a message. What is not a wake-up is passed over: it was not ours, and what was lost is found by the re-check.
pub(super) fn read(message: &str) -> impl Iterator<Item = (PracticeId, i64)> + '_ {
    message.split(',').filter_map(|pair| {
        let (practice, last_event) = pair.split_once(':')?;
        let practice = uuid::Uuid::try_parse(practice).ok()?;
        Some((PracticeId(practice), last_event.parse().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_wake_ups_read_back_from_messages_that_postgres_takes() {
        let news: HashMap<_, _> = (0..1_000).map(|number| (PracticeId::generate(), number)).collect();
        let messages = write(&news);
        assert!(messages.iter().all(|message| message.len() < 8_000));
        let back: HashMap<_, _> = messages.iter().flat_map(|message| read(message)).collect();
        assert_eq!(back, news);
    }

    #[test]
    fn what_is_not_a_wake_up_is_passed_over() {
        let practice = PracticeId::generate();
        let message = format!("x,:1,{0}:,{0}:y,{0}:5", practice.0.simple());
        assert_eq!(read(&message).collect::<Vec<_>>(), [(practice, 5)]);
    }
}
