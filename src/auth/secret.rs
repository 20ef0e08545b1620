//! The secret that tokens are signed with: made once, kept beside the database, readable by its owner alone.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// A secret's length in bytes: as long as HMAC-SHA-256's output (RFC 7518, section 3.2).
const SECRET_BYTES: usize = 32;

/// A signing secret. It has no `Debug`, so that it cannot end in a log.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// A secret that somebody gave: at least 32 bytes.
    pub fn given(text: &str) -> Result<Self, String> {
        let bytes = text.trim().as_bytes();
        if bytes.len() < SECRET_BYTES {
            return Err(format!(
                "The signing secret has {} bytes. Give at least {SECRET_BYTES}, for instance from `openssl rand -hex 32`.",
                bytes.len()
            ));
        }
        Ok(Self(bytes.to_vec()))
    }

    /// The secret in this file; a new one, where there is no file yet.
    pub fn kept_in(path: &Path) -> Result<Self, String> {
        let told = |error: io::Error| format!("The signing secret {} cannot be read or made: {error}.", path.display());
        if !path.exists() {
            Self::make(path).map_err(told)?;
        }
        let text = fs::read_to_string(path).map_err(told)?;
        Self::given(&text).map_err(|_| {
            format!(
                "The signing secret {} holds {} bytes instead of {SECRET_BYTES} or more. Put the right file back, or remove \
                 it: a new one is made then, and every token becomes void.",
                path.display(),
                text.trim().len()
            )
        })
    }

    /// Writes a new secret under a name of its own, and links it into its place when it is whole: nobody ever reads half
    /// of one, and of two programs that start at once the first one's stays.
    fn make(path: &Path) -> io::Result<()> {
        let mut bytes = [0u8; SECRET_BYTES];
        getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut unfinished = path.as_os_str().to_owned();
        unfinished.push(format!(".{}", uuid::Uuid::now_v7().simple()));
        let mut file = create_new(Path::new(&unfinished))?;
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
        let linked = written.and_then(|()| fs::hard_link(&unfinished, path));
        fs::remove_file(&unfinished)?;
        match linked {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    }

    /// The key material.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

fn create_new(path: &Path) -> io::Result<fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_secret_is_refused_with_its_length() {
        assert!(Secret::given("short").err().is_some_and(|message| message.contains("5 bytes")));
        assert!(Secret::given(&"x".repeat(32)).is_ok());
    }

    #[test]
    fn a_secret_is_made_once_and_only_its_owner_can_read_it() {
        let path = std::env::temp_dir().join(format!("frontdesk-secret-{}", uuid::Uuid::now_v7()));
        let made = Secret::kept_in(&path).expect("it can be made");
        let again = Secret::kept_in(&path).expect("it can be read");
        assert_eq!(made.bytes(), again.bytes());
        #[cfg(unix)]
        {
            let mode =
                std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).expect("it is there").permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
        fs::remove_file(path).expect("it can be removed");
    }

    #[test]
    fn programs_that_start_at_once_keep_one_secret_and_leave_nothing_beside_it() {
        for _ in 0..20 {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("secret");
            let start = std::sync::Barrier::new(8);
            let read = || {
                start.wait();
                Secret::kept_in(&path).map(|secret| secret.bytes().to_vec())
            };
            let read: Vec<_> = std::thread::scope(|scope| {
                let started: Vec<_> = (0..8).map(|_| scope.spawn(read)).collect();
                started.into_iter().map(|one| one.join().expect("it ends").expect("a whole secret")).collect()
            });
            assert!(read.iter().all(|secret| *secret == read[0]));
            assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 1);
        }
    }

    #[test]
    fn a_file_that_holds_no_whole_secret_is_named_with_what_to_do() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret");
        fs::write(&path, "").expect("written");
        let told = Secret::kept_in(&path).err().expect("refused");
        assert!(told.contains(&path.display().to_string()) && told.contains("remove it"), "{told}");
    }
}
