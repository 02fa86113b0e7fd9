//! Sealed documents: what is carried, what a comparison says, and that no edit goes unnoticed.

#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use assay_reports::document::{Block, Document, ValueId, Values};
use assay_reports::proof::{Carried, Finding, ProofError, SignatureState, SigningKey, compare, public_key, read};
use assay_reports::{Attachment, RenderOptions, render_pdf, rich};
use support::forge;
use support::gallery::{bars, document, figure, rows, section, table};

/// Made with `openssl genpkey -algorithm ed25519` for these tests alone.
const KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
";

const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
-----END PUBLIC KEY-----
";

fn small() -> Document {
    let mut values = Values::default();
    let rows = rows(6, &mut values);
    let blocks = vec![Block::Table(table(rows)), Block::Figures(vec![figure("bars", bars())])];
    document(vec![section("only", rich!["What was found"], blocks)], values)
}

fn evidence() -> Vec<Attachment> {
    let file = |name: &str, bytes: &str| Attachment {
        name: name.to_owned(),
        media_type: "application/json".to_owned(),
        description: "Evidence".to_owned(),
        bytes: bytes.as_bytes().to_vec(),
    };
    let measurements: Vec<String> = (0..400).map(|index| format!("{{\"median_secs\": {}.25}}", index * 7)).collect();
    vec![
        file("study.json", "{\"horizon_months\": 36}"),
        file("measurements.json", &format!("[{}]", measurements.join(","))),
    ]
}

fn sealed(document: &Document, signed: bool) -> Vec<u8> {
    let signing_key = signed.then(|| SigningKey::from_pem(KEY).unwrap());
    render_pdf(document, &RenderOptions { attachments: evidence(), signing_key, ..RenderOptions::default() })
        .unwrap()
        .bytes
}

fn intact(pdf: &[u8]) -> Carried {
    let carried = read(pdf).unwrap();
    assert_eq!(carried.findings, []);
    carried
}

#[test]
fn an_untouched_file_holds() {
    let document = small();
    let pdf = sealed(&document, false);
    support::keep("sealed.pdf", &pdf);
    let carried = intact(&pdf);
    assert_eq!(carried.document, document);
    assert_eq!(carried.signature, SignatureState::Unsigned);
    let mut attached = evidence();
    attached.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(carried.attachments, attached);
    let comparison = compare(&pdf, &carried, &document).unwrap();
    assert!(comparison.holds() && comparison.values == 6, "{comparison:?}");
    assert_eq!(support::check::findings(&pdf), Vec::<String>::new());
}

#[test]
fn a_signature_names_its_key() {
    let pdf = sealed(&small(), true);
    let carried = intact(&pdf);
    assert_eq!(carried.signature, SignatureState::Valid(SigningKey::from_pem(KEY).unwrap().public_key()));
    assert!(compare(&pdf, &carried, &small()).unwrap().holds());
    assert!(sealed(&small(), true) == pdf);
    let own = SigningKey::from_pem(KEY).unwrap().public_key();
    assert_eq!(public_key(&own).unwrap(), own);
    assert_eq!(public_key(PUBLIC_KEY).unwrap(), own);
    assert!(public_key("nobody").unwrap_err().to_string().contains("-pubout"));
    assert!(SigningKey::from_pem("no key").unwrap_err().to_string().contains("openssl"));
}

#[test]
fn a_number_that_does_not_follow_is_named() {
    let document = small();
    let pdf = sealed(&document, false);
    let mut derived = small();
    derived.values = Values::default();
    for (id, value) in document.values.iter() {
        let mut value = value.clone();
        if id == &ValueId::new("row.3") {
            value.text = "4.76".to_owned();
        }
        derived.values.add(id.as_str(), value);
    }
    let comparison = compare(&pdf, &intact(&pdf), &derived).unwrap();
    assert!(!comparison.holds());
    let [different] = comparison.different_values.as_slice() else { panic!("{comparison:?}") };
    assert_eq!((different.id.as_str(), different.stated.as_deref()), ("row.3", Some("4.75")));
    assert_eq!(different.derived.as_deref(), Some("4.76"));
    assert_eq!((comparison.different_content.len(), comparison.different_pages), (0, vec![2]));
}

#[test]
fn the_data_of_a_chart_is_compared_too() {
    let pdf = sealed(&small(), false);
    let mut derived = small();
    if let Block::Figures(figures) = &mut derived.sections[0].blocks[1] {
        figures[0].takeaway = "Another takeaway".into();
    }
    let comparison = compare(&pdf, &intact(&pdf), &derived).unwrap();
    assert_eq!(comparison.different_content, ["/sections/0/blocks/1/figures/0/takeaway/0/text"]);
}

#[test]
fn files_without_a_seal_say_so() {
    let plain = render_pdf(&small(), &RenderOptions::default()).unwrap().bytes;
    assert!(matches!(read(&plain), Err(ProofError::NoManifest)));
    assert!(matches!(read(b"no pdf"), Err(ProofError::Unreadable(_))));
}

#[test]
fn another_program_that_saves_the_file_is_told_apart_from_a_forger() {
    let pdf = sealed(&small(), false);
    let again = forge::save(&mut lopdf::Document::load_mem(&pdf).unwrap());
    assert!(again != pdf);
    let carried = read(&again).unwrap();
    assert_eq!(carried.findings, [Finding::File]);
    assert!(compare(&again, &carried, &small()).unwrap().holds());
}

/// Numbers that look random and are the same in every run.
struct Lcg(u64);

impl Lcg {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % end.max(1)
    }
}

/// Whether an edited file is found out, given the document that the evidence gives.
fn is_found_out(pdf: &[u8], derived: &Document) -> bool {
    match read(pdf) {
        Err(_) => true,
        Ok(carried) if !carried.findings.is_empty() => true,
        Ok(carried) => compare(pdf, &carried, derived).map_or(true, |comparison| !comparison.holds()),
    }
}

fn flip(pdf: &[u8], at: usize, random: &mut Lcg) -> Vec<u8> {
    let mut edited = pdf.to_vec();
    edited[at] ^= 1 << random.below(8);
    edited
}

#[test]
fn a_flipped_bit_anywhere_is_found() {
    let document = small();
    let mut random = Lcg(7);
    let pdf = sealed(&document, true);
    let manifest = pdf.windows(11).position(|window| window == b"\"made_with\"").unwrap();
    for round in 0..140 {
        let at = match round % 7 {
            0..4 => random.below(pdf.len()),
            4..6 => manifest - 20 + random.below(1_200),
            _ => pdf.len() - 1 - random.below(700),
        };
        assert!(is_found_out(&flip(&pdf, at, &mut random), &document), "byte {at} of {}", pdf.len());
    }
}

#[test]
fn a_changed_digit_is_found_though_every_hash_fits() {
    let document = small();
    let mut random = Lcg(11);
    let pdf = sealed(&document, false);
    for round in 0..30 {
        let mut file = lopdf::Document::load_mem(&pdf).unwrap();
        let id = forge::page(&file, 1 + round % 2);
        let mut content = forge::plain(&file, id);
        // A hexadecimal digit of a shown glyph, or a digit of a coordinate or colour.
        let places: Vec<usize> = (0..content.len()).filter(|at| content[*at].is_ascii_digit()).collect();
        let at = places[random.below(places.len())];
        content[at] = if content[at] == b'9' { b'8' } else { content[at] + 1 };
        forge::replace(&mut file, id, content, true);
        let forged = forge::seal_again(&mut file);
        let carried = intact(&forged);
        let comparison = compare(&forged, &carried, &document).unwrap();
        assert_eq!(comparison.different_pages, [1 + round as usize % 2], "digit at {at}");
    }
}

#[test]
fn a_changed_statement_is_found_though_pages_and_hashes_fit() {
    let document = small();
    let mut random = Lcg(13);
    let pdf = sealed(&document, false);
    for _ in 0..20 {
        let mut file = lopdf::Document::load_mem(&pdf).unwrap();
        let id = forge::attachment(&file, "document.json");
        let mut json = forge::plain(&file, id);
        let places: Vec<usize> = (0..json.len()).filter(|at| json[*at].is_ascii_digit()).collect();
        let at = places[random.below(places.len())];
        json[at] = if json[at] == b'9' { b'8' } else { json[at] + 1 };
        forge::replace(&mut file, id, json, true);
        assert!(is_found_out(&forge::seal_again(&mut file), &document), "digit at {at}");
    }
}

#[test]
fn changed_fonts_are_found_though_every_hash_fits() {
    let pdf = sealed(&small(), false);
    let mut file = lopdf::Document::load_mem(&pdf).unwrap();
    let is_font = |object: &lopdf::Object| object.as_stream().is_ok_and(|stream| stream.dict.has(b"Length1"));
    let id = *file.objects.iter().find(|(_, object)| is_font(object)).unwrap().0;
    let mut font = forge::plain(&file, id);
    let middle = font.len() / 2;
    font[middle] ^= 4;
    forge::replace(&mut file, id, font, true);
    let forged = forge::seal_again(&mut file);
    assert_eq!(compare(&forged, &intact(&forged), &small()).unwrap().different_parts, 1);
}

#[test]
fn edited_attachments_are_found_and_a_signature_cannot_be_made_to_fit() {
    let document = small();
    let mut random = Lcg(17);
    let pdf = sealed(&document, true);
    for _ in 0..10 {
        let mut file = lopdf::Document::load_mem(&pdf).unwrap();
        let id = forge::attachment(&file, "measurements.json");
        let mut json = forge::plain(&file, id);
        let at = random.below(json.len());
        json[at] = json[at].wrapping_add(1);
        forge::replace(&mut file, id, json, true);
        let findings = read(&forge::save(&mut file)).unwrap().findings;
        assert!(findings.contains(&Finding::Attachment { name: "measurements.json".to_owned() }), "{findings:?}");
        assert_eq!(read(&forge::seal_again(&mut file)).unwrap().findings, [Finding::Signature]);
    }
}
