//! KCIDB's JSON (schema 5.3): a build for each kernel, a test for each case that ran on it. What a record does
//! not know (the tree, the commit, the toolchain) is left out: an object without it is a valid one.

use super::{Answer, Column, Document, checks, clean, remark, words};
use chrono::DateTime;
use harness::record::{CaseLine, Record, Verdict};
use harness::report::lava::{Paths, path};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::io::{self, Write};

/// Characters of a log that KCIDB takes.
const MAX_EXCERPT: usize = 16_384;

/// The path of all cases together.
const ROOT: &str = "sigsys";

pub(super) fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    write!(out, r#"{{"version":{{"major":5,"minor":3}}"#)?;
    let columns: Vec<Kernel> =
        document.columns.iter().map(|column| Kernel::of(document, column)).collect();
    if document.kcidb.build.is_none() {
        if document.kcidb.checkout.is_none() {
            list(out, "checkouts", columns.iter().map(Kernel::checkout))?;
        }
        list(out, "builds", columns.iter().map(Kernel::build))?;
    }
    list(out, "tests", columns.iter().flat_map(Kernel::tests))?;
    out.write_all(b"}\n")
}

/// Writes a list, one object at a time.
fn list(out: &mut dyn Write, name: &str, objects: impl Iterator<Item = Value>) -> io::Result<()> {
    write!(out, ",\n\"{name}\":[")?;
    let mut between = "\n";
    for object in objects {
        write!(out, "{between}{}", crate::printable::json(&object.to_string()))?;
        between = ",\n";
    }
    out.write_all(b"]")
}

/// A column with the names of its objects.
struct Kernel<'a> {
    document: &'a Document<'a>,
    column: &'a Column<'a>,
    /// What is the same for two records of one kernel, and what is not.
    build: String,
    run: String,
}

impl<'a> Kernel<'a> {
    fn of(document: &'a Document<'a>, column: &'a Column<'a>) -> Self {
        let record = column.record();
        let kernel = record.map(|record| &record.header.kernel);
        let build = match kernel {
            Some(kernel) => digest(&(
                &kernel.system,
                &kernel.release,
                &kernel.build,
                &kernel.machine,
                &kernel.config,
                &kernel.via,
            )),
            None => digest(&("no record", &column.name)),
        };
        let run = digest(&(record.map(|record| &record.header), &column.name));
        Self { document, column, build, run }
    }

    /// `ORIGIN:WHAT-DIGEST`
    fn id(&self, what: &str, digest: &str) -> String {
        format!("{}:sigsys-{what}-{digest}", self.document.kcidb.origin)
    }

    fn build_id(&self) -> String {
        let own = || self.id("build", &self.build);
        self.document.kcidb.build.map_or_else(own, str::to_owned)
    }

    fn checkout_id(&self) -> String {
        let own = || self.id("checkout", &self.build);
        self.document.kcidb.checkout.map_or_else(own, str::to_owned)
    }

    fn checkout(&self) -> Value {
        json!({
            "id": self.checkout_id(),
            "origin": self.document.kcidb.origin,
            "comment": "sigsys ran on a built kernel and does not know its source",
        })
    }

    fn build(&self) -> Value {
        let mut build = json!({
            "id": self.build_id(),
            "checkout_id": self.checkout_id(),
            "origin": self.document.kcidb.origin,
            "misc": self.identity(),
        });
        if let Some(record) = self.column.record() {
            let kernel = &record.header.kernel;
            let comment = format!("{} {} {}", kernel.system, kernel.release, kernel.build);
            build["comment"] = clean::line(&comment).into();
            let named = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            if kernel.machine.chars().all(named) {
                build["architecture"] = kernel.machine.clone().into();
            }
        }
        build
    }

    /// The kernel as the record has it.
    fn identity(&self) -> Value {
        match self.column.record() {
            Some(record) => json!({
                "sigsys": {
                    "column": clean::line(&self.column.name),
                    "kernel": cleaned(serde_json::to_value(&record.header.kernel).unwrap_or_default()),
                    "suite": cleaned(serde_json::to_value(&record.header.suite).unwrap_or_default()),
                }
            }),
            None => json!({ "sigsys": { "column": clean::line(&self.column.name) } }),
        }
    }

    /// All cases together, then each that ran here, then what is not as it should be besides.
    fn tests(&self) -> impl Iterator<Item = Value> {
        let mut paths = Paths::default();
        let cases = self.column.cases().iter().filter(|line| line.taken_from.is_none());
        let cases = cases.filter_map(move |line| {
            let path = paths.unique(format!("{ROOT}.{}", path(&line.name)));
            Some(self.case(self.column.record()?, line, path))
        });
        let checks = checks::of(self.column).into_iter().map(|check| {
            let path = format!("{ROOT}.{}", path(check.name));
            let mut test = self.test(check.name, &path, words::kcidb(check.verdict));
            if check.verdict == Verdict::Broken {
                test["status"] = words::KCIDB_MISSING.into();
            }
            test["comment"] = check.why.into();
            test
        });
        std::iter::once(self.root()).chain(cases).chain(checks)
    }

    fn test(&self, name: &str, path: &str, status: &str) -> Value {
        json!({
            "id": self.id("test", &digest(&(&self.run, name))),
            "build_id": self.build_id(),
            "origin": self.document.kcidb.origin,
            "path": path,
            "status": status,
        })
    }

    fn root(&self) -> Value {
        let cases = self.column.cases();
        let verdicts = cases.iter().map(|line| words::kcidb(line.verdict));
        let checks = checks::of(self.column);
        let checks = checks.iter().map(|check| match check.verdict {
            Verdict::Broken => words::KCIDB_MISSING,
            verdict => words::kcidb(verdict),
        });
        // KCIDB's order, the gravest first.
        let order = ["FAIL", "ERROR", words::KCIDB_MISSING, "PASS", "SKIP"];
        let worst =
            verdicts.chain(checks).min_by_key(|word| order.iter().position(|own| own == word));
        let mut root = self.test("", ROOT, worst.unwrap_or(words::KCIDB_MISSING));
        let taken = cases.iter().filter(|line| line.taken_from.is_some()).count();
        let mut comment = match &self.column.answer {
            Answer::Record(..) => format!("{} cases ran", cases.len() - taken),
            Answer::NotAvailable(why) | Answer::None(why) => clean::line(why),
        };
        if taken > 0 {
            comment += &format!(
                "; {taken} were not run here, for this way of starting the kernel cannot change them"
            );
        }
        root["comment"] = comment.into();
        root["environment"] = json!({ "misc": self.identity() });
        if let Some(record) = self.column.record() {
            let begun = i64::try_from(record.header.time).ok();
            let begun = begun.and_then(|begun| DateTime::from_timestamp(begun, 0));
            if let Some(begun) = begun {
                root["start_time"] = begun.to_rfc3339().into();
            }
        }
        root
    }

    fn case(&self, record: &Record, line: &CaseLine, path: String) -> Value {
        let mut test = self.test(&line.name, &path, words::kcidb(line.verdict));
        let remark = remark(line);
        if !remark.is_empty() {
            test["comment"] = remark.into();
        }
        if let Some(took) = record.durations.microseconds.get(&line.name) {
            test["duration"] = std::time::Duration::from_micros(*took).as_secs_f64().into();
        }
        if !line.verdict.is_good() {
            let excerpt = self.document.report(record, line);
            test["log_excerpt"] = excerpt.chars().take(MAX_EXCERPT).collect::<String>().into();
        }
        let kernel = clean::line(&crate::results::title::kernel(&record.header));
        test["environment"] = json!({ "comment": kernel });
        test["misc"] = json!({ "sigsys": {
            "case": clean::line(&line.name),
            "verdict": line.verdict.word(),
            "clauses": line.clauses.iter().map(|clause| clean::line(clause)).collect::<Vec<_>>(),
        }});
        test
    }
}

/// A name for what is made of `parts`, the same whenever it is made.
fn digest(parts: &impl Serialize) -> String {
    let bytes = serde_json::to_vec(parts).unwrap_or_default();
    Sha256::digest(&bytes).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Foreign strings of a value as text that does nothing.
fn cleaned(value: Value) -> Value {
    match value {
        Value::String(text) => clean::line(&text).into(),
        Value::Array(values) => values.into_iter().map(cleaned).collect(),
        Value::Object(values) => {
            values.into_iter().map(|(name, value)| (name, cleaned(value))).collect()
        }
        value => value,
    }
}
