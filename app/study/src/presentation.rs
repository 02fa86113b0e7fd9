//! How documents of the study look: language, paper, brand, confidentiality.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How documents of the study look.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Presentation {
    /// The language of headings, labels and numbers.
    #[serde(default, skip_serializing_if = "is_default")]
    pub language: DocumentLanguage,
    /// The paper.
    #[serde(default, skip_serializing_if = "is_default")]
    pub paper: PaperSize,
    /// The confidentiality line at the foot of each page, such as `Confidential`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classification: Option<String>,
    /// A PNG image for the cover and the head of each page; a path in the study's folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<String>,
    /// Replaces the dark colour of titles, table headers and the cover: `#RRGGBB`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^#[0-9A-Fa-f]{6}$"))]
    pub primary_color: Option<String>,
    /// Replaces the accent: `#RRGGBB`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^#[0-9A-Fa-f]{6}$"))]
    pub accent_color: Option<String>,
}

/// The language of a document's headings, labels and numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DocumentLanguage {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// German.
    #[serde(rename = "de")]
    German,
}

impl DocumentLanguage {
    /// The BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }
}

/// The paper of a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PaperSize {
    /// 210 × 297 mm.
    #[default]
    A4,
    /// 8.5 × 11 inches.
    Letter,
}

/// What the author says of a section, in place of or beside what the rules say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnWords {
    /// Replaces the title that the rules made; theirs then stands below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Stands at the begin of the section.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// The author's words by the name of a section, such as `cost`.
pub type SectionWords = BTreeMap<String, OwnWords>;

impl Presentation {
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// What cannot be meant: the path of the value and what to do.
    pub(crate) fn problems(&self, report: &mut impl FnMut(&str, String)) {
        for (path, color) in
            [("documents.primary_color", &self.primary_color), ("documents.accent_color", &self.accent_color)]
        {
            if let Some(color) = color {
                let digits = color.strip_prefix('#').filter(|digits| digits.len() == 6);
                if !digits.is_some_and(|digits| digits.chars().all(|c| c.is_ascii_hexdigit())) {
                    report(path, format!("`{color}` is no colour; write it as \"#0B2545\""));
                }
            }
        }
        if let Some(logo) = &self.logo
            && !logo.to_ascii_lowercase().ends_with(".png")
        {
            report("documents.logo", format!("`{logo}` is no PNG image; give the path of one"));
        }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_colour_or_image_is_named() {
        let mut found = Vec::new();
        let given = Presentation {
            primary_color: Some("red".to_owned()),
            accent_color: Some("#0f766e".to_owned()),
            logo: Some("logo.svg".to_owned()),
            ..Presentation::default()
        };
        given.problems(&mut |path, _| found.push(path.to_owned()));
        assert_eq!(found, ["documents.primary_color", "documents.logo"]);
    }

    #[test]
    fn a_section_is_read_as_written() {
        let text = "language: de\npaper: letter\nclassification: Internal\n";
        let read: Presentation = assay_base::yaml::parse(text, std::path::Path::new("x.yaml")).unwrap();
        assert_eq!((read.language, read.paper), (DocumentLanguage::German, PaperSize::Letter));
        assert_eq!(assay_base::yaml::to_string(&read).unwrap(), text);
    }
}
