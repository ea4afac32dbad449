//! The mirrors of this machine, as apt reads them from its sources.

use super::apt;
use std::collections::BTreeMap;
use std::path::Path;

/// Where the package sources of this machine point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mirrors {
    /// The archive.
    main: String,
    /// The security updates, where they come from elsewhere.
    security: Option<String>,
}

/// Keys of the archive; apt's own keys serve where they are not installed.
const KEYRINGS: [&str; 2] = [
    "/usr/share/keyrings/debian-archive-keyring.gpg",
    "/usr/share/keyrings/debian-archive-keyring.pgp",
];

impl Mirrors {
    /// Asks apt.
    ///
    /// # Errors
    /// Where there is no apt, or no archive among its sources.
    pub(crate) fn find() -> Result<Self, String> {
        let mut command = apt::plain("apt-get")?;
        command.args([
            "indextargets",
            "--format",
            "$(CREATED_BY) $(REPO_URI) $(RELEASE) $(COMPONENT)",
        ]);
        Self::read(&apt::output(command)?)
            .ok_or_else(|| "the package sources of this machine name no archive".into())
    }

    /// Reads `Packages URI RELEASE COMPONENT` lines. The archive is what most sources point to.
    fn read(text: &str) -> Option<Self> {
        let mut archives: BTreeMap<&str, usize> = BTreeMap::new();
        let mut security = None;
        for line in text.lines() {
            let mut words = line.split_whitespace();
            let (Some("Packages"), Some(uri), Some(release), Some("main")) =
                (words.next(), words.next(), words.next(), words.next())
            else {
                continue;
            };
            match release.contains("-security") || release.ends_with("/updates") {
                true => drop(security.get_or_insert(uri)),
                false => *archives.entry(uri).or_default() += 1,
            }
        }
        let (main, _) = archives.into_iter().max_by_key(|(_, count)| *count)?;
        Some(Self { main: main.to_owned(), security: security.map(str::to_owned) })
    }

    /// A list of sources for `suites`.
    pub(crate) fn sources(&self, suites: &[String]) -> String {
        let keyring = KEYRINGS.into_iter().find(|path| Path::new(path).is_file());
        let signed = keyring.map_or(String::new(), |path| format!(" signed-by={path}"));
        let line = |suite: &String| {
            let security = self.security.as_ref().filter(|_| suite.ends_with("-security"));
            let uri = security.unwrap_or(&self.main);
            format!("deb [arch=amd64{signed}] {uri} {suite} main\n")
        };
        suites.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_archive_is_told_from_security_and_from_others() {
        let text = "Packages http://m/debian/ bookworm main\nTranslations http://x/ bookworm main\n\
            Packages http://m/debian/ bookworm-updates main\nPackages http://a/other stable main\n\
            Packages http://m/security/ bookworm-security main\nPackages https://n/ nodistro contrib\n";
        let mirrors = Mirrors::read(text).expect("there is one");
        assert_eq!(mirrors.main, "http://m/debian/");
        assert_eq!(mirrors.security.as_deref(), Some("http://m/security/"));
        let sources = mirrors.sources(&["sid".into(), "bookworm-security".into()]);
        let lines: Vec<&str> = sources.lines().collect();
        assert!(lines[0].ends_with("] http://m/debian/ sid main"), "{sources}");
        assert!(lines[1].ends_with("] http://m/security/ bookworm-security main"), "{sources}");
    }

    #[test]
    fn no_sources_no_mirror() {
        assert_eq!(Mirrors::read(""), None);
        assert_eq!(Mirrors::read("Packages http://m/ s contrib\n"), None);
    }
}
