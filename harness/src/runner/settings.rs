//! Settings of the whole system that cases change, restored after the case that changed them, however it ended.
//! The worker restores them, which outlives its case and is signalled when the runner dies; so does the runner,
//! which outlives its workers.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

/// The files of settings that cases of this program change; such cases are serial.
#[linkme::distributed_slice]
pub static SETTINGS: [&'static str];

/// What the settings were.
#[derive(Debug)]
pub(crate) struct Settings(Vec<(&'static str, Vec<u8>)>);

impl Settings {
    /// Those of now, where a case may move them: a case that is `serial`. What cannot be read is left as it is.
    pub(crate) fn before(serial: bool) -> Self {
        let named = SETTINGS.iter().filter(|_| serial);
        Self(named.filter_map(|path| Some((*path, std::fs::read(path).ok()?))).collect())
    }

    /// Puts back what is otherwise now.
    pub(crate) fn put_back(&self) {
        for (path, text) in &self.0 {
            put_back(Path::new(path), text);
        }
    }
}

fn put_back(path: &Path, text: &[u8]) {
    if std::fs::read(path).is_ok_and(|now| now != text) {
        // One that may not be written was moved by somebody else.
        let file = OpenOptions::new().write(true).truncate(true).open(path);
        let _ = file.and_then(|mut file| file.write_all(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_otherwise_is_put_back() {
        let path = std::env::temp_dir().join(format!("sigsys-setting-{}", std::process::id()));
        for (now, before) in [("0\n", "1\n"), ("longer than it was\n", "1\n"), ("1\n", "1\n")] {
            std::fs::write(&path, now).expect("written");
            put_back(&path, before.as_bytes());
            assert_eq!(std::fs::read_to_string(&path).expect("readable"), before, "from {now}");
        }
        std::fs::remove_file(&path).expect("removed");
        put_back(&path, b"1\n");
        assert!(!path.exists(), "one that is not there is not made");
    }

    #[test]
    fn all_that_were_noted_are_put_back() {
        let paths = ["a", "b"].map(|name| {
            let name = format!("sigsys-settings-{name}-{}", std::process::id());
            let path = std::env::temp_dir().join(name).to_string_lossy().into_owned();
            std::fs::write(&path, "moved\n").expect("written");
            &*path.leak()
        });
        Settings(paths.map(|path| (path, path.as_bytes().to_vec())).into()).put_back();
        for path in paths {
            assert_eq!(std::fs::read_to_string(path).expect("readable"), path);
            std::fs::remove_file(path).expect("removed");
        }
    }

    #[test]
    fn only_cases_that_run_alone_move_one() {
        assert!(Settings::before(false).0.is_empty());
    }
}
