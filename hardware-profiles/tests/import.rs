//! Price lists and bills of others become quotes of the user's profiles.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::{Path, PathBuf};

use assay_hardware_profiles::check::check_file;
use assay_hardware_profiles::import::book::{Action, Entered, enter};
use assay_hardware_profiles::import::{FileKind, ImportError, Observation, Options, Reading, Term, read};
use assay_hardware_profiles::{Catalog, OfferKind};
use jiff::civil::{Date, date};

/// Rows as the catalogues have them; the traps are those of the real files.
const AWS: &str = "\
InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,GpuInfo,Price,SpotPrice,Region,AvailabilityZone,Arch
p5.48xlarge,H100,8.0,192.0,2048.0,\"{'Gpus': [{'Name': 'H100', 'Manufacturer': 'NVIDIA', 'Count': 8.0, 'MemoryInfo': {'SizeInMiB': 81920}}], 'TotalGpuMemoryInMiB': 655360}\",55.04,21.154300,us-east-1,use1-az1,x86_64
p5.48xlarge,H100,8.0,192.0,2048.0,,55.04,25.752200,us-east-1,use1-az2,x86_64
p5.48xlarge,H100,8.0,192.0,2048.0,,55.04,17.628900,us-east-1,use1-az4,x86_64
p5.48xlarge,H100,8.0,192.0,2048.0,,55.04,55.040000,us-east-1,use1-az6,x86_64
p5.48xlarge,H100,8.0,192.0,2048.0,,,,us-west-1,usw1-az1,x86_64
trn2.48xlarge,Trainium2,16.0,192.0,2048.0,\"{'Gpus': [{'Name': 'Trainium2', 'MemoryInfo': {'SizeInMiB': 524288}}]}\",,23.063100,us-east-2,use2-az1,x86_64
g3.4xlarge,M60,1.0,16.0,122.0,,1.14,0.4,us-east-1,use1-az1,x86_64
a1.2xlarge,,,8.0,16.0,,0.2568,0.256800,ap-northeast-1,apne1-az2,arm64
g5.xlarge,A10G,1.0,4.0,16.0,,0,0.3,us-east-1,use1-az1,x86_64
g6e.xlarge,L40S,0.5,4.0,16.0,,1.9,,us-east-1,use1-az1,x86_64
";

const GCP: &str = "\
InstanceType,vCPUs,MemoryGiB,AcceleratorName,AcceleratorCount,GpuInfo,Region,AvailabilityZone,Price,SpotPrice
a2-highgpu-2g,24.0,170.0,,,,us-central1,us-central1-a,1.47895,0.7395
,,,A100,2,A100,us-central1,us-central1-a,5.86,2.3
,,,tpu-v6e-8,1,tpu-v6e-8,us-central1,us-central1-a,21.6,4.35366
,,,tpu-v6e-128,1,tpu-v6e-128,southamerica-west1,southamerica-west1-a,345.6,700.0
,,,tpu-v6e-64,1,tpu-v6e-64,us-central2,us-central2-b,700.0,700.0
,,,tpu-v4-8,1,tpu-v4-8,us-central2,us-central2-b,12.88,6.44
,,,tpu-v5litepod-8,1,tpu-v5litepod-8,us-west4,us-west4-a,9.6,4.08
";

fn catalog() -> Catalog {
    Catalog::builtin().unwrap()
}

fn on(as_of: Date) -> Options {
    Options { as_of: Some(as_of), ..Options::default() }
}

fn read_text(text: &str, file: &str, options: &Options) -> Reading {
    read(text.as_bytes(), Path::new(file), &catalog(), options).unwrap()
}

fn found<'a>(reading: &'a Reading, unit: &str, kind: OfferKind) -> Option<&'a Observation> {
    reading.observations.iter().find(|observation| observation.unit == unit && observation.kind == kind)
}

/// `line reason` of what was refused.
fn refused(reading: &Reading) -> Vec<String> {
    reading.refused.iter().map(|refusal| format!("{} {}", refusal.line, refusal.reason)).collect()
}

#[test]
fn a_skypilot_catalogue_is_read_by_region() {
    let reading = read_text(AWS, "catalogs/v8/aws/vms.csv", &on(date(2026, 4, 30)));
    assert_eq!((reading.kind, reading.rows), (FileKind::SkyPilot, 10));
    let listed = found(&reading, "p5.48xlarge", OfferKind::OnDemand).unwrap();
    assert_eq!((listed.price, listed.accelerators, listed.note.clone()), (55.04, Some(8), None));
    assert_eq!((listed.profile.as_str(), listed.provider.as_str(), listed.line), ("nvidia-h100-sxm", "AWS", 2));
    // The same as the catalogue has of that file: the median of the zones that have spot capacity.
    let spot = found(&reading, "p5.48xlarge", OfferKind::Spot).unwrap();
    assert_eq!(spot.price, 21.1543);
    assert_eq!(spot.note.as_deref(), Some("median of 3 zones, 17.6289 to 25.7522"));
    assert_eq!(found(&reading, "trn2.48xlarge", OfferKind::Spot).unwrap().profile, "aws-trainium2");
    assert_eq!(found(&reading, "g5.xlarge", OfferKind::Spot).unwrap().price, 0.3);
    assert_eq!(found(&reading, "g5.xlarge", OfferKind::OnDemand), None);
    assert_eq!(
        refused(&reading),
        [
            "5 the spot price equals the on-demand price: no spot capacity in this zone",
            "6 has no price: it is not sold in this zone",
            "8 no profile has this accelerator or instance type under `aliases`",
            "9 names no accelerator, and no profile has an offer of this instance type",
            "10 on-demand: the price is zero, which stands for unknown",
            "11 does not say how many whole accelerators the instance holds",
        ]
    );
}

#[test]
fn the_traps_of_gcp_are_known() {
    let reading = read_text(GCP, "gcp/vms.csv", &on(date(2026, 4, 30)));
    let tpu = found(&reading, "tpu-v6e-8", OfferKind::OnDemand).unwrap();
    assert_eq!((tpu.profile.as_str(), tpu.accelerators, tpu.price), ("google-tpu-v6e", Some(8), 21.6));
    // Two cores make a v4 chip.
    assert_eq!(found(&reading, "tpu-v4-8", OfferKind::Spot).unwrap().accelerators, Some(4));
    assert_eq!(found(&reading, "tpu-v5litepod-8", OfferKind::Spot).unwrap().profile, "google-tpu-v5e");
    assert_eq!(found(&reading, "tpu-v6e-128", OfferKind::OnDemand).unwrap().price, 345.6);
    assert!(found(&reading, "tpu-v6e-128", OfferKind::Spot).is_none());
    assert_eq!(
        refused(&reading),
        [
            "2 a machine without its accelerators; the price of the whole is not told",
            "3 an accelerator without its machine; the price of the whole is not told",
            "5 the spot price is 700, which stands for unknown",
            "6 the on-demand price is 700, which stands for unknown",
            "6 the spot price is 700, which stands for unknown",
        ]
    );
}

#[test]
fn rows_that_are_not_wanted_are_counted() {
    let options = Options { regions: vec!["us-east-2".to_owned()], ..on(date(2026, 4, 30)) };
    let reading = read_text(AWS, "aws/vms.csv", &options);
    assert_eq!(reading.observations.len(), 1);
    assert!(reading.not_wanted >= 5, "{}", reading.not_wanted);
}

#[test]
fn what_a_catalogue_does_not_say_has_to_be_said() {
    let no_date = read(AWS.as_bytes(), Path::new("aws/vms.csv"), &catalog(), &Options::default()).unwrap_err();
    assert!(no_date.to_string().contains("--as-of"), "{no_date}");
    let no_provider =
        read(AWS.as_bytes(), Path::new("downloads/vms.csv"), &catalog(), &on(date(2026, 4, 30))).unwrap_err();
    assert!(no_provider.to_string().contains("--provider"), "{no_provider}");
    let unknown = read(b"a,b\n1,2\n", Path::new("x.csv"), &catalog(), &Options::default()).unwrap_err();
    assert!(matches!(&unknown, ImportError::Unknown { .. }) && unknown.to_string().contains("`a,b`"), "{unknown}");
}

const FOCUS: &str = "\
x_Own,BilledCost,EffectiveCost,BillingCurrency,ChargeCategory,ChargeClass,ChargeDescription,ChargePeriodStart,CommitmentDiscountStatus,CommitmentDiscountType,ConsumedQuantity,ConsumedUnit,PricingCategory,PricingQuantity,PricingUnit,ProviderName,RegionId,SkuPriceDetails
1,110.08,110.08,USD,Usage,,$55.04 per On Demand Linux p5.48xlarge Instance Hour,2026-08-03 00:00:00,,,2,Hours,Standard,2,Hours,AWS,us-east-1,
2,55.04,55.04,USD,Usage,,$55.04 per On Demand Linux p5.48xlarge Instance Hour,2026-08-19T05:00:00Z,,,60,Minutes,Standard,1,Hours,AWS,us-east-1,
3,50,50,USD,Usage,,On Demand Linux p5.48xlarge Instance Hour,2026-09-02T00:00:00Z,,,1,Hours,Standard,1,Hours,AWS,us-east-1,
4,0,31.2,USD,Usage,,p5.48xlarge,2026-09-02T00:00:00Z,Used,3yr No Upfront,1,Hours,Committed,1,Hours,Amazon Web Services,us-east-1,
5,0,31.2,USD,Usage,,p5.48xlarge,2026-09-02T00:00:00Z,Used,Savings Plan,1,Hours,Committed,1,Hours,AWS,us-east-1,
6,0,31.2,USD,Usage,,p5.48xlarge,2026-09-02T00:00:00Z,Unused,3yr,1,Hours,Committed,1,Hours,AWS,us-east-1,
7,900000,0,USD,Purchase,,reserved p5.48xlarge,2026-09-01T00:00:00Z,,,1,Hours,Standard,1,Hours,AWS,us-east-1,
8,0,0,USD,Usage,,$0.0464 per On Demand Linux t2.medium Instance Hour,2026-09-01,NULL,NULL,1,Hours,Standard,1,Hours,AWS,us-east-1,
9,5,5,USD,Usage,Correction,p5.48xlarge,2026-09-01,,,1,Hours,Standard,1,Hours,AWS,us-east-1,
10,5,5,USD,Usage,,p5.48xlarge EBS,2026-09-01,,,7,GB-Months,Standard,7,GB-Months,AWS,us-east-1,
11,0,0,USD,Usage,,p5.48xlarge,2026-09-01,,,1,Hours,Dynamic,1,Hours,AWS,us-east-1,
12,9.6,9.6,EUR,Usage,,GPU VM,2026-09-05,,,2,Hours,Dynamic,2,Hours,Microsoft,westeurope,\"{\"\"InstanceType\"\": \"\"Standard_NC40ads_H100_v5\"\", \"\"GpuCount\"\": 1}\"
";

#[test]
fn a_bill_gives_what_an_hour_really_cost() {
    let reading = read_text(FOCUS, "bill.csv", &Options::default());
    assert_eq!((reading.kind, reading.rows), (FileKind::Focus, 12));
    let of = |kind: OfferKind, as_of: Date| {
        reading.observations.iter().find(|seen| seen.kind == kind && seen.as_of == as_of).unwrap()
    };
    // (110.08 + 55.04) / 3 h in August, a lower price in September.
    let august = of(OfferKind::OnDemand, date(2026, 8, 19));
    assert_eq!((august.price, august.accelerators, august.line), (55.04, Some(8), 2));
    assert_eq!(august.note.as_deref(), Some("effective cost of 2 charges by their 3 h"));
    assert_eq!(of(OfferKind::OnDemand, date(2026, 9, 2)).price, 50.0);
    assert_eq!(of(OfferKind::Reserved3Y, date(2026, 9, 2)).price, 31.2);
    let spot = of(OfferKind::Spot, date(2026, 9, 5));
    assert_eq!((spot.profile.as_str(), spot.price, spot.accelerators), ("nvidia-h100-nvl", 4.8, Some(1)));
    assert_eq!((spot.provider.as_str(), spot.currency.code()), ("Azure", "EUR"));
    assert_eq!(reading.observations.len(), 4);
    assert_eq!(
        refused(&reading),
        [
            "6 the term of the commitment is not said; say --term 1y or --term 3y",
            "7 the unused part of a commitment; it raises what the used part costs",
            "8 a charge of category Purchase, which is no usage",
            "9 names no instance type that a profile has an offer of",
            "10 a correction of an earlier period",
            "11 is not counted in a unit of time",
            "12 the effective cost is zero: the cost of this usage stands on other rows",
        ]
    );
    let with_term = read_text(FOCUS, "bill.csv", &Options { term: Some(Term::ThreeYears), ..Options::default() });
    assert_eq!(with_term.refused.len(), 6);
}

#[test]
fn the_official_focus_samples_hold_no_accelerator_and_every_row_says_why() {
    let folder = PathBuf::from("../../shared/acceptance/samples/focus");
    for (name, rows) in [("focus_1.0_sample_25rows.csv", 25), ("focus_1.0_compute_commitment_sample.csv", 13)] {
        let Ok(bytes) = std::fs::read(folder.join(name)) else {
            eprintln!("skipped: {} is not there", folder.display());
            return;
        };
        let reading = read(&bytes, Path::new(name), &catalog(), &Options::default()).unwrap();
        assert_eq!((reading.observations.len(), reading.refused.len(), reading.rows), (0, rows, rows), "{name}");
    }
}

/// Imports texts into a folder, with the catalogue it makes.
fn import(folder: &Path, text: &str, file: &str, options: &Options) -> Result<Entered, ImportError> {
    let catalog = Catalog::load(Some(folder)).unwrap();
    let reading = read(text.as_bytes(), Path::new(file), &catalog, options).unwrap();
    enter(&[reading], &catalog, folder)
}

fn actions(entered: &Entered) -> Vec<(Action, OfferKind, Option<f64>)> {
    entered.changes.iter().map(|change| (change.action, change.observation.kind, change.previous_price)).collect()
}

#[test]
fn a_second_import_adds_a_quote_only_where_the_price_changed() {
    let folder = tempfile::tempdir().unwrap();
    let small: String = AWS.lines().take(5).map(|line| format!("{line}\n")).collect();
    // The catalogue has both prices already, of other days.
    let first = import(folder.path(), &small, "aws/vms.csv", &on(date(2026, 9, 1))).unwrap();
    assert_eq!(
        actions(&first),
        [(Action::Unchanged, OfferKind::OnDemand, Some(55.04)), (Action::Unchanged, OfferKind::Spot, Some(21.1543))]
    );
    assert!(first.written.is_empty(), "{:?}", first.written);

    let cheaper = small.replace("55.04,", "49.5,");
    let second = import(folder.path(), &cheaper, "aws/vms.csv", &on(date(2026, 10, 1))).unwrap();
    assert_eq!(actions(&second)[0], (Action::NewQuote, OfferKind::OnDemand, Some(55.04)));
    assert_eq!(second.written, [folder.path().join("nvidia-h100-sxm.yaml")]);
    let again = import(folder.path(), &cheaper, "aws/vms.csv", &on(date(2026, 10, 1))).unwrap();
    assert!(again.written.is_empty() && again.changes.iter().all(|change| change.action == Action::Unchanged));

    // The copy is the built-in profile with one quote more; comments are kept, no rule is broken.
    let text = std::fs::read_to_string(&second.written[0]).unwrap();
    let builtin = include_str!("../catalog/nvidia-h100-sxm.yaml");
    let comment = builtin.lines().nth(1).unwrap();
    assert!(comment.starts_with('#') && text.contains(comment), "{comment}");
    assert_eq!(check_file(&second.written[0]), []);
    let catalog = Catalog::load(Some(folder.path())).unwrap();
    let offer = catalog.get("nvidia-h100-sxm").unwrap().offer("aws-p5.48xlarge-us-east-1-on-demand").unwrap();
    let in_force = offer.quote_in_force(date(2026, 9, 14)).unwrap();
    assert_eq!(in_force.to_string(), "48 days old, 11\u{a0}% above the newest quote of 2026-10-01");
    assert_eq!(offer.quote_in_force(date(2026, 10, 1)).unwrap().quote.price, 49.5);

    // An older list goes between the quotes there are; another price of the same day is a conflict.
    let older =
        import(folder.path(), &small.replace("55.04,", "60.5,"), "aws/vms.csv", &on(date(2026, 9, 15))).unwrap();
    assert_eq!(actions(&older)[0], (Action::NewQuote, OfferKind::OnDemand, Some(55.04)));
    let conflict = import(folder.path(), &small, "aws/vms.csv", &on(date(2026, 10, 1))).unwrap();
    assert!(conflict.refused[0].1.reason.contains("a quote of that day"), "{:?}", conflict.refused);
    assert_eq!(check_file(&second.written[0]), []);
}

const OWN: &str = "\
# Ours.
schema: assay/profile/1
id: acme-one
vendor: Acme
name: One
kind: asic
aliases: [acme-one-card]

# Nothing is for sale yet.
";

#[test]
fn a_profile_of_the_users_gets_its_first_offer() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("acme-one.yaml");
    std::fs::write(&file, OWN).unwrap();
    let list = "InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,Price,Region\nacme.8x,Acme-One_Card,8,64,512,20.5,eu-1\nacme.8x,Acme-One_Card,8,64,512,21.5,\"eu: 2\"\n";
    let options = Options { provider: Some("Acme: Cloud".to_owned()), ..on(date(2026, 10, 1)) };
    let entered = import(folder.path(), list, "prices.csv", &options).unwrap();
    assert_eq!(entered.changes.len(), 2);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("# Ours.\n") && text.contains("# Nothing is for sale yet.\n"), "{text}");
    assert_eq!(check_file(&file), []);
    let catalog = Catalog::load(Some(folder.path())).unwrap();
    let profile = catalog.get("acme-one").unwrap();
    assert_eq!(profile.offers.len(), 2);
    assert_eq!((profile.offers[1].region.as_deref(), profile.offers[1].vcpu), (Some("eu: 2"), Some(64)));
    assert_eq!(profile.quote_provenance(&profile.offers[0].quotes[0]).unwrap().as_of, Some(date(2026, 10, 1)));
}

#[test]
fn a_layout_that_cannot_be_kept_is_refused_and_the_file_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("acme-one.yaml");
    let flow = format!("{OWN}sources: {{}}\noffers: []\n");
    std::fs::write(&file, &flow).unwrap();
    let list = "InstanceType,AcceleratorName,AcceleratorCount,Price,Region\nacme.8x,acme-one,8,20.5,eu-1\n";
    let options = Options { provider: Some("Acme".to_owned()), ..on(date(2026, 10, 1)) };
    let error = import(folder.path(), list, "prices.csv", &options).unwrap_err();
    assert!(error.to_string().contains("block list"), "{error}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), flow);
}

#[test]
fn prices_that_are_placeholders_are_listed_and_the_others_entered() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("acme-one.yaml"), OWN).unwrap();
    let list = "InstanceType,AcceleratorName,AcceleratorCount,Price,Region\nacme.8x,acme-one,8,9999,eu-1\nacme.4x,acme-one,4,1,eu-1\n";
    let options = Options { provider: Some("Acme".to_owned()), ..on(date(2026, 10, 1)) };
    let entered = import(folder.path(), list, "prices.csv", &options).unwrap();
    assert_eq!((entered.changes.len(), entered.refused.len()), (1, 1));
    let (_, refusal) = &entered.refused[0];
    assert!(refusal.line == 2 && refusal.reason.contains("placeholder"), "{refusal:?}");
    // A price of 1 says that it is meant.
    assert_eq!(check_file(&folder.path().join("acme-one.yaml")), []);
}

/// What one may find in a folder of profiles: a file that breaks a rule is not made worse.
#[test]
fn a_change_that_breaks_a_rule_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("acme-one.yaml");
    // The year says the product came out after the price held.
    let text = OWN.replace("kind: asic\n", "kind: asic\nyear: 2027\n");
    std::fs::write(&file, &text).unwrap();
    let list = "InstanceType,AcceleratorName,AcceleratorCount,Price,Region\nacme.8x,acme-one,8,20.5,eu-1\n";
    let options = Options { provider: Some("Acme".to_owned()), ..on(date(2026, 10, 1)) };
    let error = import(folder.path(), list, "prices.csv", &options).unwrap_err();
    assert!(error.to_string().contains("before the product came out"), "{error}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
}
