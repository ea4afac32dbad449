//! Which evidence excuses what a kernel lacks, and what settles a need that is not asked.

use super::*;
use crate::kernel::surroundings::Processor;
use crate::kernel::{configured, sample};
use rstest::rstest;

/// What the table with this entry, and what more there is, says of `thing`.
fn expect(entry: &str, kernel: &Kernel) -> Expected {
    let text = format!("[[feature]]\nneed = \"thing\"\nsource = \"here\"\n{entry}\n");
    Features::parse(&text).expect("the table is valid").expect("thing", kernel)
}

fn reason(entry: &str, kernel: &Kernel) -> Option<String> {
    match expect(entry, kernel) {
        Expected::Present => None,
        Expected::Absent(why) => Some(why.to_string()),
    }
}

#[rstest]
#[case::there("since = \"5.11\"", "6.1.0", None)]
#[case::first_series("since = \"5.11\"", "5.11", None)]
#[case::too_old(
    "since = \"5.11\"",
    "5.10.223",
    Some("kernels have it since 5.11; this is 5.10.223")
)]
#[case::gone("until = \"5.11\"", "5.11", Some("kernels have it before 5.11; this is 5.11"))]
#[case::not_yet_gone("until = \"5.11\"", "5.10.9", None)]
#[case::between(
    "since = \"7.3\"",
    "7.2.0-05123-g1234567",
    Some(
        "kernels have it since 7.3; 7.2.0-05123-g1234567 lies between 7.2 and 7.3: --as 7.2 or --as 7.3 decides"
    )
)]
#[case::between_and_there("since = \"7.2\"", "7.2.0-05123-g1234567", None)]
#[case::between_and_too_old(
    "since = \"7.4\"",
    "7.2.0-05123-g1234567",
    Some("kernels have it since 7.4; this is 7.2")
)]
#[case::vendor(
    "since = \"6.17\"",
    "5.14.0-427.el9.x86_64",
    Some(
        "kernels have it since 6.17; 5.14.0-427.el9.x86_64 is Red Hat's, who take over what later releases do: --as VERSION decides"
    )
)]
#[case::no_version("since = \"5.11\"", "mainline", None)]
fn a_range_excuses(#[case] entry: &str, #[case] release: &str, #[case] why: Option<&str>) {
    assert_eq!(reason(entry, &sample(release)).as_deref(), why);
}

const OPTION: &str =
    "config = [{ name = \"CONFIG_T\", since = \"6.1\", parents = [\"CONFIG_P\"] }]";
const OFF: &str = "config = [{ name = \"CONFIG_T\", off = \"y\", unless_boot = \"t\" }]";

#[rstest]
#[case::not_set(
    OPTION,
    "# CONFIG_T is not set",
    "6.1",
    Some("this kernel is built without CONFIG_T, which is not set")
)]
#[case::built_in(OPTION, "CONFIG_T=y", "6.1", None)]
#[case::a_module(OPTION, "CONFIG_T=m", "6.1", None)]
#[case::not_named(OPTION, "CONFIG_TT=y", "6.1", None)]
#[case::parent_not_set(
    OPTION,
    "# CONFIG_P is not set",
    "6.1",
    Some("this kernel is built without CONFIG_T, which depends on CONFIG_P, which is not set")
)]
#[case::parent_set(OPTION, "CONFIG_P=y", "6.1", None)]
#[case::set_without_its_parent(OPTION, "CONFIG_T=y\n# CONFIG_P is not set", "6.1", None)]
#[case::older_than_the_option(OPTION, "# CONFIG_T is not set", "6.0", None)]
#[case::perhaps_older(
    OPTION,
    "# CONFIG_T is not set",
    "6.0.0-00001-g1234567",
    Some("this kernel is built without CONFIG_T, which is not set")
)]
#[case::has_the_value(OFF, "CONFIG_T=y", "6.1", Some("this kernel is built with CONFIG_T=y"))]
#[case::has_another_value(OFF, "CONFIG_T=m", "6.1", None)]
#[case::has_no_value(OFF, "# CONFIG_T is not set", "6.1", None)]
fn a_configuration_excuses(
    #[case] entry: &str,
    #[case] config: &str,
    #[case] release: &str,
    #[case] why: Option<&str>,
) {
    let mut kernel = sample(release);
    assert_eq!(reason(entry, &kernel), None, "without a configuration");
    kernel.config = configured(config);
    for booted in [false, true] {
        kernel.booted = booted;
        assert_eq!(reason(entry, &kernel).as_deref(), why, "booted: {booted}");
    }
}

#[test]
fn the_boot_line_outweighs_a_default() {
    let mut kernel = sample("6.7");
    kernel.config = configured("CONFIG_T=y");
    for (line, excused) in [("t=1", false), ("t=0", false), ("t=x", true), ("u=1", true)] {
        kernel.identity.boot_line = Some(line.into());
        assert_eq!(reason(OFF, &kernel).is_some(), excused, "{line}");
    }
}

#[rstest]
#[case::flag("boot = [{ word = \"no\" }]", "quiet no", Some("the boot line says no"))]
#[case::no_flag("boot = [{ word = \"no\" }]", "quiet", None)]
#[case::value("boot = [{ word = \"t\", is = \"0\" }]", "t=0", Some("the boot line says t=0"))]
#[case::other_value("boot = [{ word = \"t\", is = \"0\" }]", "t=1", None)]
#[case::last_wins("boot = [{ word = \"t\", is = \"0\" }]", "t=0 t=1", None)]
#[case::last_wins_too(
    "boot = [{ word = \"t\", is = \"0\" }]",
    "t=1 t=0",
    Some("the boot line says t=0")
)]
#[case::a_word_like_it("boot = [{ word = \"t\", is = \"0\" }]", "tt=0 t", None)]
#[case::the_inits("boot = [{ word = \"t\", is = \"0\" }]", "quiet -- t=0", None)]
#[case::falsehood(
    "boot = [{ word = \"t\", is = \"false\" }]",
    "t=off",
    Some("the boot line says t=off")
)]
#[case::truth("boot = [{ word = \"t\", is = \"false\" }]", "t=off t=on", None)]
#[case::nonsense(
    "boot = [{ word = \"t\", is = \"false\" }]",
    "t=off t=x",
    Some("the boot line says t=off")
)]
#[case::not_yet_known("boot = [{ word = \"t\", is = \"0\", since = \"6.7\" }]", "t=0", None)]
fn a_boot_line_excuses(#[case] entry: &str, #[case] line: &str, #[case] why: Option<&str>) {
    let mut kernel = sample("6.1");
    kernel.identity.boot_line = Some(line.into());
    for booted in [false, true] {
        kernel.booted = booted;
        assert_eq!(reason(entry, &kernel).as_deref(), why, "booted: {booted}");
    }
}

#[rstest]
#[case::lacks("processor_lacks = [\"PKU\"]", false, false, Some("CPUID has no PKU bit"))]
#[case::does_not_lack("processor_lacks = [\"PKU\"]", true, false, None)]
#[case::has("processor_has = [\"FRED\"]", true, true, Some("CPUID has the FRED bit"))]
#[case::has_not("processor_has = [\"FRED\"]", true, false, None)]
fn a_processor_excuses(
    #[case] entry: &str,
    #[case] pku: bool,
    #[case] fred: bool,
    #[case] why: Option<&str>,
) {
    let mut kernel = sample("6.1");
    kernel.surroundings.processor = Processor { pku, fred };
    for booted in [false, true] {
        kernel.booted = booted;
        assert_eq!(reason(entry, &kernel).as_deref(), why, "booted: {booted}");
    }
}

/// In a machine that was booted for the run, a sysctl is what the boot line made it.
#[rstest]
#[case::on(false, "quiet", "1", None)]
#[case::off(false, "quiet", "0", Some("a.b is 0"))]
#[case::off_in_a_machine(true, "quiet", "0", None)]
#[case::told_in_a_machine(true, "sysctl.a.b=0", "0", Some("the boot line says sysctl.a.b=0"))]
#[case::told_and_changed(true, "sysctl.a.b=0 sysctl.a.b=1", "0", None)]
fn a_sysctl_excuses(
    #[case] booted: bool,
    #[case] line: &str,
    #[case] value: &str,
    #[case] why: Option<&str>,
) {
    let mut kernel = sample("6.1");
    kernel.booted = booted;
    kernel.identity.boot_line = Some(line.into());
    kernel.surroundings.sysctl = match value {
        "0" => |name| (name == "a.b").then(|| "0".into()),
        _ => |name| (name == "a.b").then(|| "1".into()),
    };
    let entry = "sysctl = [{ name = \"a.b\", reads = [\"0\"] }]";
    assert_eq!(reason(entry, &kernel).as_deref(), why);
}

#[rstest]
#[case::told("vsyscall=none", true)]
#[case::told_otherwise("vsyscall=xonly", false)]
fn a_mode_of_the_page_excuses(#[case] line: &str, #[case] excused: bool) {
    let mut kernel = sample("6.1");
    kernel.identity.boot_line = Some(line.into());
    // What the map shows is what the kernel did, and no excuse beside what it was told.
    kernel.identity.vsyscall = Some(Mode::None);
    assert_eq!(reason("vsyscall = \"none\"", &kernel).is_some(), excused);
}

const END: &str = "7ffffffde000-7ffffffff000 [stack]";

#[rstest]
#[case::free(None, Some("why"), false, "quiet", false)]
#[case::by_chance(Some(END), None, false, "quiet", false)]
#[case::always(Some(END), Some("why"), false, "quiet", true)]
#[case::in_a_machine(Some(END), Some("why"), true, "quiet", false)]
#[case::in_a_machine_told_so(Some(END), Some("why"), true, "norandmaps", true)]
fn a_mapping_excuses_where_it_always_lies(
    #[case] mapping: Option<&str>,
    #[case] fixed: Option<&str>,
    #[case] booted: bool,
    #[case] line: &str,
    #[case] excused: bool,
) {
    let mut kernel = sample("6.1");
    kernel.surroundings.last_mapping = mapping.map(str::to_owned);
    kernel.surroundings.fixed_layout = fixed.map(str::to_owned);
    kernel.booted = booted;
    kernel.identity.boot_line = Some(line.into());
    let why = excused.then(|| format!("{END} is there, for why"));
    assert_eq!(reason("last_page = true", &kernel), why);
}

const OPPOSITES: &str = "[[feature]]\nneed = \"on\"\nsource = \"s\"\nboot = [{ word = \"t\", is = \"false\" }]\n\
                         [[feature]]\nneed = \"off\"\nsource = \"s\"\nopposite = \"on\"\n";

#[rstest]
#[case::on("t=1", None, Some("this kernel must have on"))]
#[case::off("t=0", Some("the boot line says t=0"), None)]
fn of_two_opposites_one_must_be_there(
    #[case] line: &str,
    #[case] on: Option<&str>,
    #[case] off: Option<&str>,
) {
    let mut kernel = sample("6.1");
    kernel.identity.boot_line = Some(line.into());
    let features = Features::parse(OPPOSITES).expect("the table is valid");
    let why = |need| match features.expect(need, &kernel) {
        Expected::Present => None,
        Expected::Absent(why) => Some(why.to_string()),
    };
    assert_eq!((why("on").as_deref(), why("off").as_deref()), (on, off));
}

fn settled(told: &str, kernel: &Kernel) -> Settled {
    let text = format!("[[feature]]\nneed = \"thing\"\nsource = \"here\"\ntold = {told}\n");
    Features::parse(&text).expect("the table is valid").told("thing", kernel)
}

#[test]
fn a_mode_is_settled_by_what_the_kernel_was_told() {
    let mut kernel = sample("6.1");
    kernel.identity.boot_line = Some("vsyscall=xonly".into());
    assert_eq!(settled("{ vsyscall = \"xonly\" }", &kernel), Settled::Met);
    let said = "the mode is xonly".to_owned();
    let why = Excuse::BootLine { word: "vsyscall".into(), value: Some("xonly".into()) };
    assert_eq!(settled("{ vsyscall = \"none\" }", &kernel), Settled::Unmet(said, why));
    kernel.identity.boot_line = None;
    assert!(matches!(settled("{ vsyscall = \"none\" }", &kernel), Settled::Unknown(_)));
    kernel.proc = false;
    assert!(matches!(settled("{ vsyscall = \"none\" }", &kernel), Settled::Unmet(..)));
    kernel.booted = true;
    assert!(matches!(settled("{ vsyscall = \"none\" }", &kernel), Settled::Unknown(_)));
}

#[test]
fn a_clock_is_settled_by_its_name() {
    let mut kernel = sample("6.1");
    assert_eq!(settled("{ clock = [\"hpet\", \"tsc\"] }", &kernel), Settled::Met);
    let other = settled("{ clock = [\"hpet\"] }", &kernel);
    assert!(matches!(other, Settled::Unmet(said, _) if said == "the clock source is tsc"));
    kernel.surroundings.clock = Ok("tsc-early".into());
    let early = settled("{ clock = [\"hpet\"] }", &kernel);
    assert!(matches!(early, Settled::Unmet(said, _) if said == "the clock source is tsc"));
    kernel.surroundings.clock = Err("no file".into());
    let unknown = settled("{ clock = [\"hpet\", \"tsc\"] }", &kernel);
    assert!(matches!(unknown, Settled::Unmet(said, _) if said == "no file"));
}

#[rstest]
#[case::not_set(Some("# CONFIG_T is not set"), None)]
#[case::set(Some("CONFIG_T=y"), Some("CONFIG_T is y"))]
#[case::not_named(Some(""), Some("its configuration does not name CONFIG_T"))]
#[case::no_configuration(None, Some("no configuration names CONFIG_T"))]
fn an_option_is_settled_by_a_line_that_says_so(
    #[case] config: Option<&str>,
    #[case] said: Option<&str>,
) {
    let mut kernel = sample("7.3");
    kernel.config = config.and_then(configured);
    match (settled("{ unset = \"CONFIG_T\" }", &kernel), said) {
        (Settled::Met, None) => {}
        (Settled::Unmet(text, _), Some(said)) => assert_eq!(text, said),
        (other, _) => panic!("{other:?}"),
    }
}

#[test]
fn nothing_settles_a_need_that_is_asked() {
    let features = Features::parse(OPPOSITES).expect("the table is valid");
    assert!(matches!(features.told("on", &sample("6.1")), Settled::Unknown(_)));
}

#[rstest]
#[case::unknown_key("[[feature]]\nneed = \"a\"\nsource = \"b\"\nsinec = \"5.11\"\n", "line 4")]
#[case::no_evidence("[[feature]]\nneed = \"a\"\nsource = \"b\"\nenvironment = true\n", "line 4")]
#[case::unknown_surroundings(
    "[[feature]]\nneed = \"a\"\nsource = \"b\"\nsurroundings = { all = true }\n",
    "line 4"
)]
#[case::no_source("[[feature]]\nneed = \"a\"\n", "missing field `source`")]
#[case::bad_version("[[feature]]\nneed = \"a\"\nsource = \"b\"\nsince = \"new\"\n", "`new`")]
#[case::bad_version_of_an_option(
    "[[feature]]\nneed = \"a\"\nsource = \"b\"\nconfig = [{ name = \"C\", since = \"old\" }]\n",
    "`old`"
)]
#[case::bad_capability(
    "[[feature]]\nneed = \"a\"\nsource = \"b\"\nsurroundings = { capabilities = [\"CAP_ALL\"] }\n",
    "`CAP_ALL` is not a capability"
)]
#[case::twice(
    "[[feature]]\nneed = \"a\"\nsource = \"b\"\n[[feature]]\nneed = \"a\"\nsource = \"c\"\n",
    "a is there twice"
)]
#[case::lonely(
    "[[feature]]\nneed = \"a\"\nsource = \"b\"\nopposite = \"c\"\n",
    "opposite `c` is no feature"
)]
fn refuses_a_malformed_table(#[case] text: &str, #[case] says: &str) {
    let error = Features::parse(text).expect_err("the table is malformed");
    assert!(error.contains(says), "{error}");
}

#[test]
fn a_table_knows_what_it_names() {
    let text = "[[feature]]\nneed = \"thing\"\nsource = \"here\"\nsince = \"5.11\"\n";
    let features = Features::parse(text).expect("the table is valid");
    assert!(features.knows("thing") && !features.knows("another"));
    assert_eq!(features.needs().collect::<Vec<_>>(), ["thing"]);
}
