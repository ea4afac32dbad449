use super::sample;
use super::*;
use harness::record::Line;

fn run_record(lines: impl IntoIterator<Item = Line>) -> RunRecord {
    let mut run_record = RunRecord::default();
    for line in lines {
        run_record.take(&serde_json::to_string(&line).expect("a line"));
    }
    run_record
}

fn written(run_record: &RunRecord, cut_off: Option<&str>) -> String {
    let description = sample::description();
    let text = text(&Report {
        run_record,
        description: &description,
        expected: description.cases.len(),
        record: "target/sigsys/record-6.1.jsonl",
        again: "sigsys run --exact",
        ending: &Ending { status: 101, cut_off: cut_off.map(str::to_owned) },
    });
    // A terminal shows no blanks at the end of a line; nor does a snapshot.
    let text = anstream::adapter::strip_str(&text).to_string();
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_run_with_every_verdict() {
    let cases = sample::cases().into_iter().map(Line::Case);
    let lines = std::iter::once(Line::Run(sample::header())).chain(cases);
    let run_record = run_record(lines.chain([Line::End(sample::footer())]));
    for verdict in Verdict::ALL {
        assert_ne!(run_record.count(verdict), 0, "{verdict:?}");
    }
    insta::assert_snapshot!(written(&run_record, None));
}

/// Only a single word may be wider than a page, and the command that is pasted.
#[test]
fn a_report_is_as_wide_as_a_page() {
    let cases = sample::cases().into_iter().map(Line::Case);
    let lines = std::iter::once(Line::Run(sample::header())).chain(cases);
    let text = written(&run_record(lines.chain([Line::End(sample::footer())])), None);
    let is_wide = |line: &&str| line.chars().count() > page::WIDTH;
    let wide = text.lines().filter(is_wide).filter(|line| {
        line.split_whitespace().count() > 1 && !line.trim_start().starts_with("again ")
    });
    assert_eq!(wide.collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn a_run_without_anything_to_report() {
    let case = sample::cases().remove(0);
    assert_eq!(case.verdict, Verdict::Broken);
    let case = harness::record::CaseLine { verdict: Verdict::Holds, failure: None, ..case };
    let run_record = run_record([Line::Run(sample::header()), Line::Case(case)]);
    insta::assert_snapshot!(written(&run_record, None));
}

#[test]
fn a_run_that_was_cut_off_counts_what_there_is() {
    let case = sample::cases().remove(1);
    let run_record = run_record([Line::Run(sample::header()), Line::Case(case)]);
    insta::assert_snapshot!(written(&run_record, Some("the suite was killed by SIGSEGV")));
}

#[test]
fn a_run_that_was_cut_off_at_once_has_no_table() {
    let run_record = run_record([Line::Run(sample::header())]);
    insta::assert_snapshot!(written(&run_record, Some("the suite was killed by SIGSEGV")));
}
