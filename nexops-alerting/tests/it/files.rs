//! Every file of rule tests passes.

use std::fs;
use std::path::Path;

use nexops_alerting::rule_test;

#[test]
fn every_rule_test_of_the_repository_passes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules");
    let mut failures = Vec::new();
    let mut passed = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let verdicts =
            rule_test::run(&fs::read_to_string(&path).unwrap()).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        for verdict in verdicts {
            passed += usize::from(verdict.passed());
            for failure in verdict.failures {
                failures.push(format!(
                    "{name}: {}: {}\n    {}",
                    verdict.name,
                    failure.message,
                    failure.timeline.join("\n    ")
                ));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(passed > 100, "only {passed} tests were found");
}
