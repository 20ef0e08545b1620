//! The issuer whose tokens are accepted beside our own.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::fetch::{ANSWER_MAX_BYTES, Address};
use super::jwks::KeySet;

/// How long the issuer's answer is waited for, from the connection to the last byte.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// Who is believed, about whom, and with which keys.
#[derive(Clone, Debug)]
pub struct Issuer {
    /// What a token's `iss` has to be.
    pub name: String,
    /// What a token's `aud` has to be, or to have in it.
    pub audience: String,
    /// How far the issuer's clock may be off.
    pub leeway: chrono::Duration,
    pub keys: KeySource,
    /// How long an answer is waited for.
    pub patience: Duration,
}

/// Where an issuer's keys are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    File(PathBuf),
    Address(Address),
}

impl KeySource {
    /// Reads an address where there is a scheme, else a path.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("Write https://HOST/PATH, or the path of a file.".to_owned());
        }
        if text.contains("://") { Address::parse(text).map(Self::Address) } else { Ok(Self::File(text.into())) }
    }

    /// The keys as they are now, or why there are none.
    pub(super) async fn read(&self, patience: Duration) -> Result<KeySet, String> {
        let text = match self {
            Self::Address(address) => address.ask(patience).await?,
            Self::File(path) => {
                let path = path.clone();
                let read = tokio::task::spawn_blocking(move || read_file(&path)).await;
                read.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?
            }
        };
        KeySet::parse(&text)
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(out),
            Self::Address(address) => address.fmt(out),
        }
    }
}

/// As much of a file as an answer may have. What is longer does not read as a set.
fn read_file(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    std::fs::File::open(path)?.take(ANSWER_MAX_BYTES as u64).read_to_end(&mut text)?;
    Ok(text)
}
