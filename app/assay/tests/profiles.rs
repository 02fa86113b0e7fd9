//! The catalogue on the command line: prices imported, shown with their age, checked; the template.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use support::{arg, failure, json, run, stdout};

const LIST: &str = "\
InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,Price,SpotPrice,Region
p5.48xlarge,H100,8,192,2048,49.5,20.25,us-east-1
g3.4xlarge,M60,1,16,122,1.14,,us-east-1
";

#[test]
fn prices_are_imported_once_and_shown_with_age_and_drift() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("study");
    let list = folder.path().join("aws/vms.csv");
    std::fs::create_dir_all(list.parent().unwrap()).unwrap();
    std::fs::write(&list, LIST).unwrap();
    let import = || {
        json(&["profiles", "import", arg(&list), "--as-of", "2026-10-01", "--study", arg(&study), "--format", "json"])
    };
    let first = import();
    assert_eq!(first["files"][0]["kind"], "skypilot");
    assert_eq!(first["changes"].as_array().unwrap().len(), 2);
    assert!(first["changes"].as_array().unwrap().iter().all(|change| change["action"] == "new_quote"), "{first}");
    assert_eq!((&first["refused"][0]["line"], first["refused"].as_array().unwrap().len()), (&3.into(), 1));
    assert!(study.join("profiles/nvidia-h100-sxm.yaml").is_file());
    let second = import();
    assert!(second["written"].as_array().unwrap().is_empty(), "{second}");

    let show = |date: &str, format: &str| {
        stdout(&[
            "profiles",
            "show",
            "nvidia-h100-sxm",
            "--pricing-date",
            date,
            "--study",
            arg(&study),
            "--format",
            format,
        ])
    };
    let table = show("2026-09-14", "table");
    for expected in
        ["48 days old, 11\u{a0}% above the newest quote of 2026-10-01", "Lifecycle: available", "counsel signs off"]
    {
        assert!(table.contains(expected), "`{expected}` is missing in {table}");
    }
    let document: serde_json::Value = serde_json::from_str(&show("2026-10-02", "json")).unwrap();
    let prices = document["prices_in_force"].as_array().unwrap();
    let listed = prices.iter().find(|price| price["offer"] == "aws-p5.48xlarge-us-east-1-on-demand").unwrap();
    assert_eq!((&listed["price"], &listed["age_days"]), (&49.5.into(), &1.into()));
}

#[test]
fn an_import_without_a_usable_row_answers_no_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("prices.csv");
    std::fs::write(&list, "InstanceType,AcceleratorName,Price,Region\nx,M60,1.5,r\n").unwrap();
    let out = folder.path().join("profiles");
    let arguments = ["profiles", "import", arg(&list), "--out", arg(&out), "--as-of", "2026-10-01"];
    let missing = failure(&arguments, 2);
    assert!(missing.contains("--provider"), "{missing}");
    let output = run(&[&arguments[..], &["--provider", "AWS"]].concat());
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("1 not used") && said.contains("line 2") && !out.exists(), "{said}");
}

#[test]
fn the_catalogue_is_sound_and_the_template_is_refused_until_it_is_filled_in() {
    let output = run(&["profiles", "check"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let template = stdout(&["profiles", "template", "custom-asic"]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("custom-asic.yaml");
    std::fs::write(&file, template).unwrap();
    let check = run(&["profiles", "check", arg(&file)]);
    let found = String::from_utf8_lossy(&check.stdout).into_owned();
    assert_eq!(check.status.code(), Some(1));
    assert!(found.contains("custom-asic.yaml:") && found.contains("says nothing"), "{found}");
}

#[test]
fn what_moving_takes_is_shown() {
    let shown = stdout(&["profiles", "show", "aws-trainium2"]);
    for expected in ["neuronx-cc", "NEFF", "Isolation", "AWS Neuron documentation", "2026-08-21"] {
        assert!(shown.contains(expected), "`{expected}` is missing in {shown}");
    }
    let list = json(&["profiles", "list", "--format", "json"]);
    let trainium = list.as_array().unwrap().iter().find(|row| row["id"] == "aws-trainium2").unwrap();
    assert_eq!(trainium["lifecycle"], "available");
    assert!(trainium["newest_price_as_of"].as_str().is_some_and(|day| day >= "2026-01-01"), "{trainium}");
}
