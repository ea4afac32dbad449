//! What the help texts say of exit statuses.

pub(super) const STATUSES: &str = "\
Exit status:
  0    every verdict is holds, deviates (as known) or not offered
  101  the kernel breaks a promise (violated, healed, timed out, crashed),
       the registry of the suite is at fault, or `clauses --bare` found some
  69   no answer: a set-up failed (broken), the suite cannot be built or ended too early, its record is
       not whole (a case missing, repeated, foreign; counts or a status that disagree), a full disk
  2    the command line or a file named on it is wrong, or nothing matches
  130  interrupted (128 + the signal); what was gathered is reported and in the record";

pub(super) const DIFF_STATUSES: &str = "\
Exit status:
  0    done; with --exit-code: there is no difference
  1    with --exit-code: there is one
  2    the command line or a file named on it is wrong; with --exit-code also:
       no difference was found, but a record was cut off before its end";

pub(super) const LIES_STATUSES: &str = "\
A lie is told in the cases that have an occasion for it; only `violated` counts as noticed. With --only,
--sample or --case less is known, and less is asked of the file of reasons.

Exit status:
  0    every case fails by some lie, and every lie is noticed, but for those with a reason
  101  a case or a lie has no reason, or a reason is out of date
  69   no answer: a case does not hold while nobody lies, or the suite cannot be built
  2    the command line or a file named on it is wrong
  130  interrupted (128 + the signal)";

pub(super) const BOOT_STATUSES: &str = "\
Exit status, as `git bisect run` reads it:
  0    good: every verdict is holds, deviates (as known) or not offered
  1    bad: the kernel breaks a promise, or died, hung or found itself at fault (tainted) twice while
       the same case ran
  125  could not be tested: no bootable image, no QEMU, the kernel did not reach the suite, the run is
       not whole, a set-up failed; all cases hold, and the kernel complained meanwhile (a warning or
       worse in its log, its taint) or died once; or the end disagrees with what was reported
  130  interrupted (128 + the signal), which also ends a bisection

To find the commit that broke a promise:
  git bisect start BAD GOOD
  git bisect run sh -c 'make -j$(nproc) bzImage || exit 125
      sigsys boot --kernel arch/x86/boot/bzImage --config .config --case off_refuses'";

pub(super) const MATRIX_STATUSES: &str = "\
What is recorded for the same kernel, suite and boot line is not run again. A kernel that cannot be had is
`not available`: it is said, and fails nothing unless it is required.

Exit status:
  0    every verdict on every kernel is holds, deviates (as known) or not offered;
       with --check, and as the snapshots say
  101  a kernel breaks a promise; with --check, does something else than the snapshots say, or they are
       of another suite
  69   no answer: a kernel that is required is not available or one says nothing, a record is not
       whole, a snapshot cannot be used or (--require-snapshots) there is none of a column, nothing
       could be run, another run has this checkout, the disk is full
  2    the command line or a file named on it is wrong
  130  interrupted (128 + the signal); what was finished is kept, the next run goes on from there";
