//! Depreciation.

/// Percentages of the price a year for US MACRS five-year property (computers and servers), half-year convention.
/// Source: IRS Publication 946, Table A-1.
pub const MACRS_5_PERCENT: [f64; 6] = [20.0, 32.0, 19.2, 11.52, 11.52, 5.76];
