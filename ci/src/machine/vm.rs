//! A virtual machine for one kernel and one suite, booted as often as it takes.

use super::accel::{self, Known};
use super::boot::{self, Boot, BootEvent, End, Limits};
use super::initramfs::{self, Contents, Initramfs};
use super::qemu::{self, Engine, Hardware};
use super::subprocess;
use crate::error::Refusal;
use crate::terminal;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

/// How long KVM may take to show that it works.
const CANARY_TIMEOUT: Duration = Duration::from_secs(10);

/// What every boot shares.
pub(crate) struct Machine<'a> {
    pub hardware: Hardware<'a>,
    /// The suite, as a static program.
    pub suite: Vec<u8>,
    pub engine: Engine,
    /// Whether a line about each boot that is over is printed on standard error.
    pub announces: bool,
}

impl Machine<'_> {
    /// Decides what runs the guest: the engine that is wanted, else KVM where it is known to work or a
    /// short boot shows it. Says whether KVM has just failed, which is worth remembering if the emulator
    /// does not fail.
    ///
    /// # Errors
    /// When QEMU cannot be started, or an interrupt came.
    pub(crate) fn choose_engine(
        &mut self,
        wanted: Option<Engine>,
        version: &str,
    ) -> Result<bool, Refusal> {
        let known = match wanted {
            Some(Engine::Kvm) => Known::Works,
            Some(Engine::Tcg) => Known::Fails,
            None if !accel::can_be_tried() => Known::Fails,
            None => accel::recall(version),
        };
        if known == Known::Fails {
            return Ok(false);
        }
        self.engine = Engine::Kvm;
        if known == Known::Works {
            return Ok(false);
        }
        // It reaches the suite and comes back; which cases there are does not matter.
        let contents = Contents {
            arguments: vec!["--list".into(), "--exact".into(), "-".into()],
            ..Contents::default()
        };
        let limits =
            Limits { start: CANARY_TIMEOUT, silence: CANARY_TIMEOUT, whole: CANARY_TIMEOUT };
        let boot = self.boot(&contents, limits, |_| true)?;
        if let End::Interrupted(signal) = boot.end {
            return Err(Refusal::interrupted(signal));
        }
        if matches!(boot.end, End::SuiteEnded(_)) {
            accel::remember(version, true);
            return Ok(false);
        }
        self.engine = Engine::Tcg;
        if self.announces {
            let seconds = CANARY_TIMEOUT.as_secs();
            terminal::complain(&format!(
                "KVM does not work here: the suite was not reached within {seconds} s; emulating (tcg)"
            ));
        }
        Ok(true)
    }

    /// The initramfs that a boot of `contents` unpacks.
    pub(crate) fn archive(&self, contents: &Contents) -> Vec<u8> {
        initramfs::archive(&self.suite, contents)
    }

    /// The words of a command that boots this machine with files in a terminal, as [`qemu::by_hand`].
    pub(crate) fn by_hand(&self, kernel: &Path, initramfs: &Path, record: &Path) -> Vec<OsString> {
        let hardware = Hardware { kernel, ..self.hardware };
        qemu::by_hand(&hardware, self.engine, initramfs, record)
    }

    /// Boots once, and follows the machine to its end, or as long as `on` wants to hear more.
    ///
    /// # Errors
    /// When QEMU cannot be started.
    pub(crate) fn boot(
        &self,
        contents: &Contents,
        limits: Limits,
        on: impl FnMut(BootEvent) -> bool,
    ) -> Result<Boot, Refusal> {
        let initramfs = Initramfs::new(&self.suite, contents)
            .map_err(|error| Refusal::no_answer(format!("no memory for the initramfs: {error}")))?;
        let mut command = qemu::command(&self.hardware, self.engine, &initramfs)?;
        let machine =
            subprocess::start(&mut command).map_err(|error| match subprocess::interrupted() {
                Some(signal) => Refusal::interrupted(signal),
                None => Refusal::no_answer(format!("QEMU cannot be started: {error}")),
            })?;
        let boot = boot::follow(machine, limits, on);
        if self.announces {
            let (engine, size) = (self.engine.word(), initramfs.size >> 10);
            let (reached, whole) = (boot.reached.as_secs_f64(), boot.whole.as_secs_f64());
            terminal::note(&format!(
                "sigsys: {engine}, initramfs {size} KiB, suite after {reached:.2} s, end after {whole:.2} s"
            ));
        }
        Ok(boot)
    }
}
