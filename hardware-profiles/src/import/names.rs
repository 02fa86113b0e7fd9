//! Which profile and which provider the names in a file mean.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::catalog::Catalog;
use crate::offer::Offer;
use crate::profile::{HardwareKind, Profile};

/// The providers by the names that files and their folders use for them.
const PROVIDERS: [(&str, &[&str]); 13] = [
    ("AWS", &["aws", "amazon", "amazon web services", "amazon web services, inc."]),
    ("Azure", &["azure", "microsoft", "microsoft azure"]),
    ("GCP", &["gcp", "google", "google cloud", "google cloud platform"]),
    ("OCI", &["oci", "oracle", "oracle cloud", "oracle cloud infrastructure"]),
    ("Lambda", &["lambda", "lambda cloud"]),
    ("Nebius", &["nebius"]),
    ("Verda (DataCrunch)", &["verda", "datacrunch"]),
    ("DigitalOcean", &["do", "digitalocean"]),
    ("Cudo Compute", &["cudo", "cudo compute"]),
    ("Hyperstack", &["hyperstack"]),
    ("RunPod", &["runpod"]),
    ("vast.ai", &["vast", "vast.ai"]),
    ("Vultr", &["vultr"]),
];

/// The provider's name as the catalogue writes it; `None` when the name is none that is known.
pub(super) fn provider(name: &str) -> Option<&'static str> {
    let name = name.trim().to_lowercase();
    PROVIDERS
        .iter()
        .find(|(known, others)| known.to_lowercase() == name || others.contains(&name.as_str()))
        .map(|p| p.0)
}

/// Finds profiles by the names that price lists and bills use.
pub(super) struct Names<'a> {
    /// Offers by instance type in lower case.
    units: HashMap<String, Vec<(&'a Profile, &'a Offer)>>,
    /// By alias without a `*`, folded.
    exact: HashMap<String, Vec<&'a Profile>>,
    /// Aliases with a `*`, folded.
    patterns: Vec<(Vec<String>, &'a Profile)>,
}

/// Lower case; what separates words is alike.
fn folded(name: &str) -> String {
    name.trim().to_lowercase().replace([' ', '_'], "-")
}

impl<'a> Names<'a> {
    pub fn new(catalog: &'a Catalog) -> Self {
        let mut names = Self { units: HashMap::new(), exact: HashMap::new(), patterns: Vec::new() };
        for profile in catalog.iter() {
            for offer in &profile.offers {
                if let Some(unit) = &offer.unit {
                    names.units.entry(unit.to_lowercase()).or_default().push((profile, offer));
                }
            }
            let own = [profile.id.as_str(), profile.name.as_str()];
            for alias in own.into_iter().chain(profile.aliases.iter().map(String::as_str)) {
                let alias = folded(alias);
                if alias.contains('*') {
                    names.patterns.push((alias.split('*').map(str::to_owned).collect(), profile));
                } else {
                    names.exact.entry(alias).or_default().push(profile);
                }
            }
        }
        names
    }

    /// An offer of this instance type, where the catalogue has one.
    pub fn unit(&self, provider: &str, unit: &str) -> Option<(&'a Profile, &'a Offer)> {
        let offers = self.units.get(&unit.to_lowercase())?;
        offers.iter().find(|(_, offer)| offer.provider.eq_ignore_ascii_case(provider)).copied()
    }

    /// The profile that an instance type with this accelerator is of: the catalogue's own offers come first, then
    /// aliases for the instance type, then those for the accelerator. What is left open is settled by the memory of
    /// one accelerator in GiB.
    ///
    /// # Errors
    /// Why it is not known, in words that many rows share.
    pub fn profile(
        &self,
        provider: &str,
        unit: Option<&str>,
        accelerator: Option<&str>,
        memory_gib: Option<f64>,
    ) -> Result<&'a Profile, String> {
        let known = unit.and_then(|unit| self.unit(provider, unit));
        if let Some((profile, _)) = known {
            return Ok(profile);
        }
        // A name may mean one thing at one provider and another elsewhere: those with the provider come first.
        let with_provider = |name: &&str| format!("{provider}:{name}");
        let candidates = [
            unit.as_ref().map(with_provider),
            unit.map(str::to_owned),
            accelerator.as_ref().map(with_provider),
            accelerator.map(str::to_owned),
        ];
        let names = candidates.into_iter().flatten();
        let mut found = names.map(|name| self.matching(&name)).find(|found| !found.is_empty()).unwrap_or_default();
        if found.len() > 1 {
            found.retain(|_, profile| memory_gib.is_some_and(|gib| fits_memory(profile, gib) == Some(true)));
        }
        let mut found: Vec<_> = found.into_values().collect();
        match (found.pop(), found.pop()) {
            // The memory stated for other kinds is known to be wrong at times.
            (Some(profile), None)
                if profile.kind == HardwareKind::Gpu
                    && memory_gib.is_some_and(|gib| fits_memory(profile, gib) == Some(false)) =>
            {
                Err(format!("the accelerator has another memory than `{}`, which its name means", profile.id))
            }
            (Some(profile), None) => Ok(profile),
            (Some(one), Some(other)) => Err(format!(
                "the accelerator may be `{}` or `{}`; name the instance type in `aliases` of the one it is",
                other.id, one.id
            )),
            _ => Err("no profile has this accelerator or instance type under `aliases`".to_owned()),
        }
    }

    fn matching(&self, name: &str) -> BTreeMap<&'a str, &'a Profile> {
        let name = folded(name);
        let exact = self.exact.get(&name).into_iter().flatten().copied();
        let by_pattern = self.patterns.iter().filter(|(parts, _)| fits(parts, &name)).map(|(_, profile)| *profile);
        exact.chain(by_pattern).map(|profile| (profile.id.as_str(), profile)).collect()
    }

    /// The instance types of a provider among the words of a text.
    pub fn units_in(&self, provider: &str, text: &str) -> BTreeSet<String> {
        let words = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')' | ':' | '/' | '"'));
        words.filter(|word| self.unit(provider, word).is_some()).map(str::to_owned).collect()
    }
}

/// Whether a profile's memory is about this much; lists take GB for GiB, 7 % apart. `None` where it is not known.
fn fits_memory(profile: &Profile, gib: f64) -> Option<bool> {
    profile.memory_bytes().map(|bytes| (bytes / (gib * 1024f64.powi(3)) - 1.0).abs() < 0.12)
}

/// Whether the parts of a pattern stand in this order in the name, the first at its start and the last at its end.
fn fits(parts: &[String], name: &str) -> bool {
    let [first, middle @ .., last] = parts else { return false };
    let Some(mut rest) = name.strip_prefix(first.as_str()) else { return false };
    for part in middle {
        let Some((_, after)) = rest.split_once(part.as_str()) else { return false };
        rest = after;
    }
    rest.ends_with(last.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog() -> Catalog {
        Catalog::builtin().unwrap()
    }

    fn id(unit: Option<&str>, accelerator: Option<&str>, gib: Option<f64>) -> Result<String, String> {
        let catalog = catalog();
        Names::new(&catalog).profile("AWS", unit, accelerator, gib).map(|profile| profile.id.clone())
    }

    #[test]
    fn names_lead_to_profiles() {
        assert_eq!(id(Some("p5.48xlarge"), None, None).unwrap(), "nvidia-h100-sxm");
        assert_eq!(id(Some("Standard_NC40ads_H100_v5"), Some("H100"), None).unwrap(), "nvidia-h100-nvl");
        assert_eq!(id(None, Some("tpu-v5litepod-8"), None).unwrap(), "google-tpu-v5e");
        assert_eq!(id(None, Some("a100-80gb"), None).unwrap(), "nvidia-a100-sxm-80gb");
        assert_eq!(id(None, Some("MI300X"), Some(192.0)).unwrap(), "amd-mi300x");
        // The same name, another product.
        let catalog = catalog();
        let names = Names::new(&catalog);
        assert_eq!(names.profile("RunPod", Some("1x_H100_SECURE"), Some("H100"), None).unwrap().id, "nvidia-h100-pcie");
        assert!(id(None, Some("A100"), Some(80.0)).unwrap_err().contains("another memory"));
        assert!(id(None, Some("M60"), None).unwrap_err().contains("aliases"));
    }

    #[test]
    fn patterns_hold_the_whole_name() {
        let parts = |pattern: &str| pattern.split('*').map(str::to_owned).collect::<Vec<_>>();
        assert!(fits(&parts("a*c*e"), "abcde") && fits(&parts("a*"), "a") && fits(&parts("*"), ""));
        assert!(!fits(&parts("a*c*e"), "abcd") && !fits(&parts("ab*ba"), "ab"));
        assert!(!fits(&parts("aba*aba"), "aba"));
    }

    #[test]
    fn providers_have_one_name() {
        assert_eq!(provider("Amazon Web Services"), Some("AWS"));
        assert_eq!(provider("AWS"), Some("AWS"));
        assert_eq!(provider("Downloads"), None);
    }
}
