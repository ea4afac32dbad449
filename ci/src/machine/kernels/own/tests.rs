//! Images, packages and trees of every kind, and what is wrong with them.

use super::*;
use crate::machine::kernels::lack::LackKind;
use rstest::rstest;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, symlink};
use tar::{EntryType, Header};

/// A kernel by its header.
fn image(release: &str) -> Vec<u8> {
    let mut image = vec![0_u8; 5 * 512];
    image[0x1f1] = 4;
    image[0x202..0x208].copy_from_slice(b"HdrS\x0f\x02");
    image[0x20e..0x210].copy_from_slice(&0x100_u16.to_le_bytes());
    image[0x236] = 1;
    image[0x300..0x300 + release.len()].copy_from_slice(release.as_bytes());
    image
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(bytes).expect("packed");
    writer.finish().expect("packed")
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(1);
    let mut writer = lzma_rust2::XzWriter::new(Vec::new(), options).expect("options");
    writer.write_all(bytes).expect("packed");
    writer.finish().expect("packed")
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

fn as_it_is(bytes: &[u8]) -> Vec<u8> {
    bytes.to_vec()
}

type Pack = fn(&[u8]) -> Vec<u8>;

/// A tar of files; one without bytes is a link to /etc/passwd.
fn tar_of(files: &[(&str, Option<&[u8]>)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, bytes) in files {
        let mut header = Header::new_gnu();
        header.set_mode(0o644);
        // `set_path` refuses what a package of a stranger may say.
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        match bytes {
            Some(bytes) => header.set_size(bytes.len() as u64),
            None => {
                header.set_entry_type(EntryType::Symlink);
                header.set_size(0);
                header.set_link_name("/etc/passwd").expect("short");
            }
        }
        header.set_cksum();
        tar.append(&header, bytes.unwrap_or_default()).expect("appended");
    }
    tar.into_inner().expect("finished")
}

fn deb(name: &str, machine: &str, files: &[(&str, Option<&[u8]>)], pack: Pack) -> Vec<u8> {
    let control = format!("Package: {name}\nVersion: 1-1\nArchitecture: {machine}\n");
    let control = tar_of(&[("./control", Some(control.as_bytes()))]);
    let mut archive = ar::Builder::new(Vec::new());
    let mut put = |name: &str, bytes: &[u8]| {
        let header = ar::Header::new(name.as_bytes().to_vec(), bytes.len() as u64);
        archive.append(&header, bytes).expect("appended");
    };
    put("debian-binary", b"2.0\n");
    put("control.tar.xz", &pack(&control));
    put("data.tar.xz", &pack(&tar_of(files)));
    archive.into_inner().expect("finished")
}

/// A folder with a user's files and a cache beside them.
struct Scene(tempfile::TempDir);

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("own")).expect("made");
        Self(folder)
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join("own").join(path)
    }

    fn put(&self, path: &str, bytes: &[u8]) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, bytes).expect("written");
    }

    fn own(&self, path: &str) -> Result<Fetched, Lack> {
        let cache = || Ok(self.0.path().join("cache"));
        own(&self.at(path), &cache)
    }

    /// Why there is no kernel at `path`; nothing is left of the attempt.
    fn refused(&self, path: &str) -> String {
        let lack = self.own(path).expect_err("there is none");
        assert_eq!(lack.kind, LackKind::Wrong, "{lack}");
        assert!(!lack.why.contains('\n') && !lack.why.is_empty(), "{lack}");
        let kept = fs::read_dir(self.0.path().join("cache")).map_or(0, Iterator::count);
        assert_eq!(kept, 0, "{lack}");
        lack.why
    }
}

fn texts(fetched: &Fetched) -> (Vec<u8>, Option<String>) {
    let config = fetched.config.as_ref().map(|path| fs::read_to_string(path).expect("text"));
    (fs::read(&fetched.image).expect("an image"), config)
}

#[rstest]
#[case::build("arch/x86/boot/bzImage", Some(".config"))]
#[case::system("boot/vmlinuz-6.1", Some("boot/config-6.1"))]
#[case::boot_folder("vmlinuz-6.1", Some("config-6.1"))]
#[case::modules("usr/lib/modules/6.1/vmlinuz", Some("usr/lib/modules/6.1/config"))]
#[case::old_modules("lib/modules/6.1/vmlinuz", Some("lib/modules/6.1/config"))]
#[case::kept("vmlinuz", Some("config"))]
#[case::bare("boot/vmlinuz-6.1", None)]
fn a_tree_has_its_kernel_where_trees_have_them(#[case] kernel: &str, #[case] config: Option<&str>) {
    let scene = Scene::new();
    scene.put(&format!("t/{kernel}"), &image("6.1-own"));
    scene.put("t/boot/config-6.2", b"of another");
    if let Some(config) = config {
        scene.put(&format!("t/{config}"), b"its own");
    }
    let found = scene.own("t").expect("a kernel");
    assert_eq!(found.image, scene.at("t").join(kernel));
    assert_eq!(found.config, config.map(|config| scene.at("t").join(config)));
    assert_eq!(found.version, "6.1-own");
    assert_eq!(found.note.is_some(), config.is_none(), "{:?}", found.note);
    assert!(!scene.0.path().join("cache").exists(), "nothing had to be unpacked");
}

#[test]
fn a_tree_without_a_kernel_or_with_two_is_refused() {
    let scene = Scene::new();
    fs::create_dir(scene.at("t")).expect("made");
    assert!(scene.refused("t").starts_with("there is no kernel in it: "));
    scene.put("t/boot/vmlinuz-6.1", &image("6.1"));
    scene.put("t/usr/lib/modules/6.2/vmlinuz", &image("6.2"));
    let why = scene.refused("t");
    assert!(why.starts_with("there are 2 kernels in it: name one, such as "), "{why}");
    assert!(why.contains("t/boot/vmlinuz-6.1 or ") && why.ends_with("6.2/vmlinuz"), "{why}");
    fs::remove_file(scene.at("t/usr/lib/modules/6.2/vmlinuz")).expect("removed");
    scene.own("t").expect("one is left");
    scene.put("t/boot/vmlinuz-6.1", b"text");
    let why = scene.refused("t");
    assert!(why.contains("t/boot/vmlinuz-6.1: it is no kernel image"), "{why}");
}

/// Each link is one that leads out of the tree, to a kernel and its configuration.
#[rstest]
#[case::image("t/boot/vmlinuz-6.1", "out/vmlinuz-6.1", "is a link, which is not followed")]
#[case::folder("t/boot", "out", "there is no kernel in it")]
#[case::modules("t/usr/lib", "out/lib", "there is no kernel in it")]
fn links_in_a_tree_are_not_followed(#[case] link: &str, #[case] to: &str, #[case] says: &str) {
    let scene = Scene::new();
    scene.put("out/vmlinuz-6.1", &image("6.1"));
    scene.put("out/lib/modules/6.1/vmlinuz", &image("6.1"));
    let link = scene.at(link);
    fs::create_dir_all(link.parent().expect("a folder")).expect("made");
    symlink(scene.at(to), &link).expect("linked");
    let why = scene.refused("t");
    assert!(why.contains(says), "{why}");
}

#[test]
fn a_configuration_behind_a_link_is_not_read() {
    let scene = Scene::new();
    scene.put("t/boot/vmlinuz-6.1", &image("6.1"));
    symlink("/etc/passwd", scene.at("t/boot/config-6.1")).expect("linked");
    let found = scene.own("t").expect("a kernel");
    assert_eq!(found.config, None);
    assert!(found.note.expect("it is said").starts_with("there is no configuration with it"));
}

#[rstest]
#[case::gzip(gzip)]
#[case::xz(xz)]
#[case::zstd(zstd)]
fn a_packed_image_is_unpacked(#[case] pack: Pack) {
    let scene = Scene::new();
    let whole = pack(&image("6.1"));
    scene.put("k", &whole);
    let found = scene.own("k").expect("a kernel");
    assert_eq!(texts(&found), (image("6.1"), None));
    // A second time it is there.
    let file = |found: &Fetched| fs::metadata(&found.image).expect("there").ino();
    let again = scene.own("k").expect("a kernel");
    assert_eq!((file(&again), &again.image), (file(&found), &found.image));
    let scene = Scene::new();
    for length in 7..whole.len() {
        scene.put("k", &whole[..length]);
        let why = scene.refused("k");
        assert!(
            why.starts_with("it is cut off") || why.starts_with("it cannot be unpacked"),
            "{why}"
        );
    }
    scene.put("k", &pack(b"no kernel"));
    let why = scene.refused("k");
    assert!(why.starts_with("what is packed in it: it is no kernel image"), "{why}");
}

#[rstest]
#[case::gzip(gzip, "./boot/vmlinuz-6.1", "./boot/config-6.1")]
#[case::xz(xz, "./usr/lib/modules/6.1/vmlinuz", "./usr/lib/modules/6.1/config")]
#[case::zstd(zstd, "boot/vmlinuz-6.1", "boot/config-6.1")]
#[case::not_packed(as_it_is, "./lib/modules/6.1/vmlinuz", "./lib/modules/6.1/config")]
fn a_package_has_image_and_configuration(
    #[case] pack: Pack,
    #[case] kernel: &str,
    #[case] config: &str,
) {
    let scene = Scene::new();
    let image = image("6.1");
    let files = [
        (kernel, Some(image.as_slice())),
        ("./boot/config-6.0", Some(b"of another".as_slice())),
        (config, Some(b"its own".as_slice())),
        ("./etc/modules", Some(b"x".as_slice())),
    ];
    let whole = deb("linux-image-6.1", "amd64", &files, pack);
    scene.put("linux-image-6.1_1_amd64.deb", &whole);
    let found = scene.own("linux-image-6.1_1_amd64.deb").expect("a kernel");
    assert_eq!(texts(&found), (image, Some("its own".into())));
    assert_eq!(found.note, None);
    let scene = Scene::new();
    for length in (8..whole.len() - 1).step_by(7) {
        scene.put("k.deb", &whole[..length]);
        let why = scene.refused("k.deb");
        assert!(why.starts_with("it is cut off: copy it again"), "{length}: {why}");
    }
}

#[test]
fn the_configuration_may_lie_in_the_package_beside() {
    let scene = Scene::new();
    let image = image("7.0");
    let files = [("./usr/lib/modules/7.0/vmlinuz", Some(image.as_slice()))];
    scene.put("linux-binary-7.0_1_amd64.deb", &deb("linux-binary-7.0", "amd64", &files, xz));
    let alone = scene.own("linux-binary-7.0_1_amd64.deb").expect("a kernel");
    assert_eq!(texts(&alone), (image.clone(), None));
    assert!(alone.note.expect("it is said").contains("nothing excuses what it was built without"));
    let files = [("./usr/lib/modules/7.0/config", Some(b"its own".as_slice()))];
    let base = deb("linux-base-7.0", "amd64", &files, xz);
    // Of another version, it is another's.
    scene.put("linux-base-7.0_2_amd64.deb", &base);
    let still = scene.own("linux-binary-7.0_1_amd64.deb").expect("a kernel");
    assert_eq!(still.config, None);
    scene.put("linux-base-7.0_1_amd64.deb", &base);
    let both = scene.own("linux-binary-7.0_1_amd64.deb").expect("a kernel");
    assert_eq!(texts(&both), (image, Some("its own".into())));
    scene.put("linux-base-7.0_1_amd64.deb", &base[..100]);
    let lack = scene.own("linux-binary-7.0_1_amd64.deb").expect_err("half a package");
    assert!(lack.why.contains("linux-base-7.0_1_amd64.deb beside it: it is cut off"), "{lack}");
}

#[rstest]
#[case::nothing("x", "amd64", &[], "there is no kernel image in the package (boot/vmlinuz-*")]
#[case::split("linux-image-7.0", "amd64", &[], "newer ones have it in linux-binary-7.0")]
#[case::arm64("linux-image-6.1", "arm64", &["boot/vmlinuz-6.1"], "it is a package for arm64; sigsys boots x86-64")]
#[case::two("x", "amd64", &["boot/vmlinuz-6.1", "boot/vmlinuz-6.2"], "there are two kernels in the package")]
#[case::above("x", "amd64", &["../boot/vmlinuz-6.1"], "there is no kernel image in the package")]
#[case::deeper("x", "amd64", &["boot/vmlinuz-6.1/a"], "there is no kernel image in the package")]
fn a_package_without_one_kernel_is_refused(
    #[case] name: &str,
    #[case] machine: &str,
    #[case] paths: &[&str],
    #[case] says: &str,
) {
    let scene = Scene::new();
    let image = image("6.1");
    let files: Vec<_> = paths.iter().map(|path| (*path, Some(image.as_slice()))).collect();
    scene.put("k.deb", &deb(name, machine, &files, gzip));
    let why = scene.refused("k.deb");
    assert!(why.contains(says), "{why}");
}

#[test]
fn in_a_package_links_are_no_images_and_texts_are_none_either() {
    let scene = Scene::new();
    scene.put("k.deb", &deb("x", "amd64", &[("boot/vmlinuz-6.1", None)], gzip));
    assert!(scene.refused("k.deb").contains("there is no kernel image in the package"));
    let text = [("boot/vmlinuz-6.1", Some(b"text".as_slice()))];
    scene.put("k.deb", &deb("x", "amd64", &text, gzip));
    assert!(scene.refused("k.deb").starts_with("boot/vmlinuz-6.1 in it: it is no kernel image"));
    scene.put("k.deb", b"!<arch>\nnonsense");
    assert!(scene.refused("k.deb").starts_with("it is cut off"));
}

#[test]
fn what_was_not_used_for_long_is_forgotten() {
    let scene = Scene::new();
    scene.put("one", &gzip(&image("6.1")));
    scene.put("two", &gzip(&image("6.2")));
    let one = scene.own("one").expect("a kernel");
    let folder = one.image.parent().expect("a folder");
    let date = |age: Duration| {
        let folder = File::open(folder).expect("a folder");
        folder.set_modified(SystemTime::now() - age).expect("dated");
    };
    date(MAX_AGE - Duration::from_secs(60));
    scene.own("two").expect("a kernel");
    assert!(one.image.is_file());
    date(MAX_AGE + Duration::from_secs(60));
    scene.own("two").expect("a kernel");
    assert!(!folder.exists());
    scene.own("one").expect("it is unpacked again");
}

#[test]
fn a_cache_that_cannot_be_had_is_named() {
    let scene = Scene::new();
    scene.put("k", &gzip(&image("6.1")));
    let lack = own(&scene.at("k"), &|| Err("there is no home".into())).expect_err("no cache");
    assert_eq!(lack, Lack::unavailable("there is no home"));
    scene.put("bare", &image("6.1"));
    own(&scene.at("bare"), &|| Err("there is no home".into())).expect("none is needed");
}
