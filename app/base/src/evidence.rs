//! The class of evidence behind a number.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a number comes from. It travels with the number into every table, chart and document.
///
/// The order is from strongest to weakest, so that `max` of two classes is the weaker one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Evidence {
    /// Measured by Assay on a device of the user's.
    Measured,
    /// Published by others and imported.
    Published,
    /// Derived by a model or a vendor's compiler.
    Projected,
    /// A vendor's specification.
    Vendor,
    /// Assumed by the user.
    Assumed,
}

impl Evidence {
    /// All classes, strongest first.
    pub const ALL: [Self; 5] = [Self::Measured, Self::Published, Self::Projected, Self::Vendor, Self::Assumed];

    /// The word used in tables, YAML and JSON.
    pub fn label(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Published => "published",
            Self::Projected => "projected",
            Self::Vendor => "vendor",
            Self::Assumed => "assumed",
        }
    }

    /// One sentence for legends and tooltips.
    pub fn description(self) -> &'static str {
        match self {
            Self::Measured => "Measured by Assay on the device named beside it.",
            Self::Published => "Published by others and imported with its source.",
            Self::Projected => "Derived by a model from other numbers, with a range.",
            Self::Vendor => "Taken from a vendor's specification.",
            Self::Assumed => "Assumed by the author of the study.",
        }
    }

    /// The class of a number derived from two others: the weaker of the two.
    #[must_use]
    pub fn weaker(self, other: Self) -> Self {
        self.max(other)
    }
}

impl std::fmt::Display for Evidence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.label())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_derived_number_is_as_weak_as_its_weakest_input() {
        assert_eq!(Evidence::Measured.weaker(Evidence::Assumed), Evidence::Assumed);
        assert_eq!(Evidence::Projected.weaker(Evidence::Measured), Evidence::Projected);
    }

    #[test]
    fn the_label_is_the_serialised_form() {
        for class in Evidence::ALL {
            assert_eq!(serde_json::to_value(class).unwrap(), class.label());
        }
    }
}
