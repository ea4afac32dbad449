//! What is taken of the machine's configuration, and how apt's complaints are read.

use super::*;
use rstest::rstest;

#[rstest]
#[case::proxy("Acquire::http::Proxy \"http://p:1/\";", true)]
#[case::in_small_letters("acquire::HTTP::proxy \"http://p:1/\";", true)]
#[case::for_a_host("Acquire::https::Proxy::mirror \"DIRECT\";", true)]
#[case::own_authority("Acquire::https::CAInfo \"/etc/ssl/own.pem\";", true)]
#[case::no_verification("Acquire::https::Verify-Peer \"false\";", false)]
#[case::unauthenticated("APT::Get::AllowUnauthenticated \"true\";", false)]
#[case::insecure("Acquire::AllowInsecureRepositories \"true\";", false)]
#[case::hook("APT::Update::Pre-Invoke:: \"touch /x\";", false)]
#[case::like_a_proxy("Acquire::http::ProxyEvil \"x\";", false)]
#[case::folder("Dir::Etc::parts \"/etc/apt/apt.conf.d\";", false)]
#[case::no_value("Acquire::http::Proxy", false)]
#[case::more_than_a_value("Acquire::http::Proxy \"x\"; #include \"/y\"", false)]
fn only_how_mirrors_are_reached_is_taken(#[case] line: &str, #[case] taken: bool) {
    let own = configuration("");
    assert!(own.contains("Dir::Etc::parts \"/dev/null\";") && own.contains("Dir::Etc::main"));
    let text = configuration(&format!("APT \"\";\n{line}\n"));
    assert_eq!(text, if taken { format!("{own}{line}\n") } else { own });
}

#[rstest]
#[case::absent(
    "E: The repository 'http://m/debian sid Release' does not have a Release file.",
    Some(false)
)]
#[case::expired(
    "E: Release file for http://m/debian/dists/sid/InRelease is expired (invalid since 21d 3h). Updates for \
     this repository will not be applied.",
    Some(true)
)]
#[case::another(
    "E: The repository 'http://m/debian side Release' does not have a Release file.",
    None
)]
#[case::unsigned("E: The repository 'http://m/debian sid Release' is not signed.", None)]
#[case::not_yet(
    "E: Release file for http://m/debian/dists/sid/InRelease is not valid yet (invalid for 3h)",
    None
)]
#[case::unreachable(
    "E: Failed to fetch http://m/debian/dists/sid/InRelease  Unable to connect to m:80:",
    None
)]
fn a_suite_is_left_out_for_two_reasons_alone(#[case] line: &str, #[case] expired: Option<bool>) {
    let expected = expired.map(|expired| LeftOut { suite: "sid".into(), expired });
    assert_eq!(LeftOut::read(line, &["bookworm".into(), "sid".into()]), expected);
}

#[rstest]
#[case::error(&["W: x", "E: Failed to fetch u  404", "E: Some index files failed"], "Failed to fetch u  404")]
#[case::other(&["something", "broke"], "broke")]
#[case::sync(
    &["E: Failed to fetch u", "   Mirror sync in progress?"],
    "Failed to fetch u (the mirror is being synchronised: try again in some minutes)"
)]
fn the_first_error_is_told(#[case] words: &[&str], #[case] expected: &str) {
    let words: Vec<String> = words.iter().map(|line| (*line).to_owned()).collect();
    assert_eq!(complaint(&words).as_deref(), Some(expected));
}
