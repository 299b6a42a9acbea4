//! Decimals as people read them: the text as measured, long tails of computed digits cut.

/// At most two digits after the point are shown as they are; of more, as many as make three significant digits, at
/// least one. The exact text stays in the stored resource.
pub(super) fn readable(text: &str) -> String {
    let Some((whole, fraction)) = text.split_once('.') else { return text.to_owned() };
    if fraction.len() <= 2 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.to_owned();
    }
    let digits = whole.trim_start_matches('-').trim_start_matches('0').len();
    let leading_zeros = fraction.bytes().take_while(|byte| *byte == b'0').count();
    let places = if digits == 0 { leading_zeros + 3 } else { 3_usize.saturating_sub(digits).max(1) };
    rounded(whole, fraction, places)
}

/// Half away from zero, on the digits themselves.
fn rounded(whole: &str, fraction: &str, places: usize) -> String {
    let Some((kept, cut)) = fraction.split_at_checked(places) else { return format!("{whole}.{fraction}") };
    let sign = if whole.starts_with('-') { "-" } else { "" };
    let mut digits: Vec<u8> = whole.trim_start_matches('-').bytes().chain(kept.bytes()).collect();
    if cut.starts_with(|first: char| ('5'..='9').contains(&first)) {
        let mut carried = true;
        for digit in digits.iter_mut().rev() {
            if *digit == b'9' {
                *digit = b'0';
            } else {
                *digit += 1;
                carried = false;
                break;
            }
        }
        if carried {
            digits.insert(0, b'1');
        }
    }
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(places));
    format!("{sign}{}.{}", String::from_utf8_lossy(whole), String::from_utf8_lossy(fraction))
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn measured_digits_stay_and_computed_ones_go() {
        for (text, shown) in [
            ("7.2", "7.2"),
            ("1.50", "1.50"),
            ("129.16", "129.16"),
            ("7.234987", "7.23"),
            ("128.3456", "128.3"),
            ("12345.678", "12345.7"),
            ("0.004712", "0.00471"),
            ("-9.9961", "-10.00"),
            ("99.96", "99.96"),
            ("40", "40"),
            ("1e-3", "1e-3"),
            ("1.234e5", "1.234e5"),
        ] {
            assert_eq!(readable(text), shown);
        }
    }
}
