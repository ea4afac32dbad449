//! `sigsys matrix --plan github`: the matrix as the jobs of another engine.

use crate::machine::kernels::Column;
use serde::Serialize;

/// What GitHub Actions reads with `fromJSON`.
#[derive(Debug, Serialize)]
struct Plan {
    include: Vec<Job>,
}

/// A job: a kernel in all of its variants, or another system.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Job {
    /// For `--only` and `--require`.
    name: String,
    /// What must be installed.
    packages: String,
}

/// The jobs that `columns` make, on one line.
pub(super) fn github(columns: &[Column]) -> String {
    let plan = Plan { include: jobs(columns) };
    serde_json::to_string(&plan).unwrap_or_default() + "\n"
}

fn jobs(columns: &[Column]) -> Vec<Job> {
    let mut jobs: Vec<Job> = Vec::new();
    for column in columns {
        let job = match column {
            Column::Kernel(kernel, _) => {
                Job { name: kernel.name.clone(), packages: "qemu-system-x86".into() }
            }
            Column::System(system) => {
                Job { name: system.name.clone(), packages: system.package.clone() }
            }
        };
        if !jobs.contains(&job) {
            jobs.push(job);
        }
    }
    jobs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::kernels::List;

    #[test]
    fn a_job_is_a_kernel_with_its_variants() {
        let text = github(&List::read(None).expect("sound").columns());
        let plan: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let names: Vec<&str> = plan["include"]
            .as_array()
            .expect("jobs")
            .iter()
            .filter_map(|job| job["name"].as_str())
            .collect();
        assert_eq!(
            names,
            [
                "bullseye",
                "bookworm",
                "trixie",
                "6.16",
                "6.17",
                "6.18",
                "6.19",
                "7.0",
                "7.1",
                "7.2",
                "7.3",
                "gvisor",
                "qemu-user"
            ]
        );
        assert_eq!(text.lines().count(), 1);
    }
}
