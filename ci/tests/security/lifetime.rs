//! Nothing outlives the tool.

use super::*;

/// What programs start that are hard to get rid of: sessions of their own, deaf to signals, orphaned.
const TENACIOUS: &str = "trap '' TERM HUP INT; setsid sh -c 'trap \"\" TERM HUP; sleep 600 & sleep 600' & \
    (sleep 600 &) ; echo $$ >\"$STARTED\"; sleep 600; sleep 600";

#[derive(Clone, Copy)]
enum What {
    Suite,
    Fuzz,
    Cargo,
    Qemu,
    Apt,
    Via,
}

#[rstest]
#[case::suite(What::Suite)]
#[case::fuzz(What::Fuzz)]
#[case::cargo(What::Cargo)]
#[case::qemu(What::Qemu)]
#[case::apt(What::Apt)]
#[case::via(What::Via)]
fn what_was_started_dies_with_the_tool(#[case] what: What) {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let played = fs::read_to_string(PLAYED).expect("there").replace("a::b::", "fuzz::b::");
    script(&at("suite"), &played.replace("whole)", &format!("whole)\n{TENACIOUS}\n")));
    workspace(&at("ws"));
    script(&at("ws/cargo"), TENACIOUS);
    let version = "[ \"$1\" = --version ] && { echo 'QEMU emulator version 7 (played)'; exit 0; }";
    script(&at("qemu"), &format!("{version}\n{TENACIOUS}"));
    let suite = at("suite").display().to_string();
    let mut command = match what {
        What::Suite => sigsys(&["run", "--record", "/dev/null", "--suite", &suite]),
        What::Fuzz => sigsys(&["fuzz", "--record", "/dev/null", "--suite", &suite]),
        What::Cargo => sigsys(&["build"]),
        What::Qemu => {
            sigsys(&["boot", "--accel", "tcg", "--record", "/dev/null", "--suite", PLAYED])
        }
        What::Apt => fetching(folder.path()),
        What::Via => {
            sigsys(&["matrix", "--results", "results", "--suite", PLAYED, "--via", TENACIOUS])
        }
    };
    if let What::Qemu = what {
        image(&at("bzImage"));
        command.arg("--kernel").arg(at("bzImage")).arg("--qemu").arg(at("qemu"));
    }
    command.env("STARTED", at("started")).env("CARGO", at("ws/cargo")).current_dir(at("ws"));
    // Everything that descends from the tool holds on to this, whatever it calls itself.
    let (alive, held) = std::io::pipe().expect("a pipe");
    fcntl(&held, FcntlArg::F_SETFD(FdFlag::empty())).expect("it is inherited");
    let mut tool = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    drop(held);
    let deadline = Instant::now() + Duration::from_secs(20);
    while !at("started").exists() {
        assert!(Instant::now() < deadline, "it was not started");
        std::thread::sleep(Duration::from_millis(10));
    }
    tool.kill().expect("it runs");
    tool.wait().expect("it is dead");
    // A second on a machine that has one to spare; those that sleep would stay for minutes.
    let mut fds = [PollFd::new(alive.as_fd(), PollFlags::POLLIN)];
    let ended = poll(&mut fds, PollTimeout::from(20_000_u16)).expect("a wait");
    assert_eq!(ended, 1, "something outlives the tool");
}

/// What is killed cannot clear up: its guard does, before the tool says what became of it.
#[rstest]
#[case::the_suite_kills_itself(What::Suite)]
#[case::the_emulator_takes_too_long(What::Qemu)]
fn what_is_killed_leaves_nothing(#[case] what: What) {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    image(&at("bzImage"));
    let mut command = match what {
        What::Suite => {
            let leaves =
                "setsid sleep 600 >/dev/null 2>&1 & (sleep 600 >/dev/null 2>&1 &); kill -KILL $$";
            let played = fs::read_to_string(PLAYED).expect("there");
            script(&at("suite"), &played.replace("whole)", &format!("whole)\n{leaves}\n")));
            let mut command = sigsys(&["run", "--record", "/dev/null", "--suite"]);
            command.arg(at("suite"));
            command
        }
        _ => {
            let version = "[ \"$1\" = --version ] && { echo 'QEMU emulator version 7'; exit 0; }";
            script(&at("qemu"), &format!("{version}\n{TENACIOUS}"));
            let words = ["boot", "--accel", "tcg", "--suite", PLAYED, "--boot-timeout", "1"];
            let mut command = sigsys(&words);
            command.arg("--record").arg(at("r")).arg("--kernel").arg(at("bzImage"));
            command.arg("--qemu").arg(at("qemu")).env("STARTED", at("started"));
            command
        }
    };
    let (alive, held) = std::io::pipe().expect("a pipe");
    fcntl(&held, FcntlArg::F_SETFD(FdFlag::empty())).expect("it is inherited");
    let mut tool = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    drop(held);
    tool.wait().expect("it ends");
    let mut fds = [PollFd::new(alive.as_fd(), PollFlags::POLLIN)];
    let ended = poll(&mut fds, PollTimeout::from(20_000_u16)).expect("a wait");
    assert_eq!(ended, 1, "something outlives the tool");
}

/// A program that exits may leave a service running, as ssh and compilers' caches do.
#[test]
fn a_service_is_left_alone() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    let leaves = "setsid sh -c 'echo $$ >\"$STARTED\"; exec sleep 600' >/dev/null 2>&1 & \
        while [ ! -s \"$STARTED\" ]; do sleep 0.01; done";
    let played = fs::read_to_string(PLAYED).expect("there");
    script(&at("suite"), &played.replace("whole)", &format!("whole)\n{leaves}\n")));
    let mut command = sigsys(&["run", "--record", "/dev/null", "--suite"]);
    let left = finish(command.arg(at("suite")).env("STARTED", at("started")));
    let service = fs::read_to_string(at("started")).expect("it was started");
    let service = nix::unistd::Pid::from_raw(service.trim().parse().expect("a pid"));
    let alive = nix::sys::signal::kill(service, nix::sys::signal::Signal::SIGKILL);
    assert_eq!(alive, Ok(()), "{}", left.all());
}
