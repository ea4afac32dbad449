use super::sample;
use super::*;
use harness::record::Line;

fn gathered(lines: impl IntoIterator<Item = Line>) -> Gathered {
    let mut gathered = Gathered::default();
    for line in lines {
        gathered.take(&serde_json::to_string(&line).expect("a line"));
    }
    gathered
}

fn written(gathered: &Gathered, cut_off: Option<&str>) -> String {
    let description = sample::description();
    let text = text(&Report {
        gathered,
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
    let gathered = gathered(lines.chain([Line::End(sample::footer())]));
    for verdict in Verdict::ALL {
        assert_ne!(gathered.count(verdict), 0, "{verdict:?}");
    }
    insta::assert_snapshot!(written(&gathered, None));
}

#[test]
fn a_run_without_anything_to_report() {
    let case = sample::cases().remove(0);
    assert_eq!(case.verdict, Verdict::Broken);
    let case = harness::record::CaseLine { verdict: Verdict::Holds, failure: None, ..case };
    let gathered = gathered([Line::Run(sample::header()), Line::Case(case)]);
    insta::assert_snapshot!(written(&gathered, None));
}

#[test]
fn a_run_that_was_cut_off_counts_what_there_is() {
    let case = sample::cases().remove(1);
    let gathered = gathered([Line::Run(sample::header()), Line::Case(case)]);
    insta::assert_snapshot!(written(&gathered, Some("the suite was killed by SIGSEGV")));
}

#[test]
fn a_run_that_was_cut_off_at_once_has_no_table() {
    let gathered = gathered([Line::Run(sample::header())]);
    insta::assert_snapshot!(written(&gathered, Some("the suite was killed by SIGSEGV")));
}
