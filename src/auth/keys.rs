//! An issuer's keys as they were told last. A known key is found without asking anybody; one that is not known
//! is asked for, by one at a time and once in a while, whoever sends what tokens.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jsonwebtoken::Algorithm;
use tokio::sync::{Mutex, MutexGuard};

use super::bad_token::BadToken;
use super::issuer::KeySource;
use super::jwks::{Found, Key, KeySet};
use crate::clock::Clock;
use crate::domain::time::Instant;

/// How long after they were asked for the keys are not asked for again because a token names one that is not known.
pub const ASK_AGAIN_SECONDS: i64 = 30;

/// How often the keys are asked for anyhow, so that one that the issuer takes back is not believed for longer.
const REFRESH_EVERY: Duration = Duration::from_secs(10 * 60);

/// The same while the issuer does not answer.
const RETRY_EVERY: Duration = Duration::from_secs(ASK_AGAIN_SECONDS.unsigned_abs());

/// Keys of one issuer.
pub(super) struct Keys {
    source: KeySource,
    patience: Duration,
    clock: Clock,
    held: RwLock<KeySet>,
    asked: Mutex<Option<Asked>>,
}

/// When the keys were asked for last, and whether they were told.
#[derive(Clone, Copy)]
struct Asked {
    at: Instant,
    is_answered: bool,
}

impl Keys {
    /// Of an issuer that has not been asked yet.
    pub fn new(source: KeySource, patience: Duration, clock: Clock) -> Arc<Self> {
        let (held, asked) = Default::default();
        Arc::new(Self { source, patience, clock, held, asked })
    }

    /// The key that a token names, asked for where it is not known.
    pub async fn find(self: &Arc<Self>, id: Option<&str>, algorithm: Algorithm) -> Result<Arc<Key>, BadToken> {
        match self.known(id, algorithm) {
            Found::Key(key) => return Ok(key),
            Found::ForAnother => return Err(BadToken::Algorithm),
            Found::Nothing => {}
        }
        // On a task of its own: a caller who goes away at this moment does not take the answer with them.
        let keys = self.clone();
        let asked = tokio::spawn(async move { keys.ask_once_in_a_while().await });
        let is_answered = asked.await.unwrap_or(false);
        match self.known(id, algorithm) {
            Found::Key(key) => Ok(key),
            Found::ForAnother => Err(BadToken::Algorithm),
            Found::Nothing if is_answered => Err(BadToken::UnknownKey),
            Found::Nothing => Err(BadToken::NoKeys),
        }
    }

    /// Asks for the keys now, and answers how many there are, or why they were not told.
    pub async fn refresh(&self) -> Result<usize, String> {
        let asked = self.asked.lock().await;
        self.ask(asked).await
    }

    /// Asks for the keys, again and again. Never ends.
    pub async fn keep_fresh(&self) {
        loop {
            tokio::time::sleep(self.wait().await).await;
            // What went wrong is in the log; the keys that are known stay.
            let _ = self.refresh().await;
        }
    }

    async fn wait(&self) -> Duration {
        let is_answered = self.asked.lock().await.is_some_and(|asked| asked.is_answered);
        if is_answered { REFRESH_EVERY } else { RETRY_EVERY }
    }

    fn known(&self, id: Option<&str>, algorithm: Algorithm) -> Found {
        self.held.read().unwrap_or_else(PoisonError::into_inner).find(id, algorithm)
    }

    /// Asks, unless somebody has just done so; answers whether the last who asked was answered.
    async fn ask_once_in_a_while(&self) -> bool {
        let asked = self.asked.lock().await;
        let now = self.clock.now();
        match *asked {
            // A clock that was set back is no reason to wait.
            Some(last) if (0..ASK_AGAIN_SECONDS).contains(&(now - last.at).num_seconds()) => last.is_answered,
            _ => self.ask(asked).await.is_ok(),
        }
    }

    /// The lock is held meanwhile: others wait for this answer instead of asking too.
    async fn ask(&self, mut asked: MutexGuard<'_, Option<Asked>>) -> Result<usize, String> {
        let at = self.clock.now();
        let answer = self.source.read(self.patience).await;
        *asked = Some(Asked { at, is_answered: answer.is_ok() });
        match answer {
            Ok(keys) => {
                let count = keys.len();
                *self.held.write().unwrap_or_else(PoisonError::into_inner) = keys;
                Ok(count)
            }
            Err(cause) => {
                tracing::warn!(cause, source = %self.source, "the issuer's keys could not be read");
                Err(cause)
            }
        }
    }
}
