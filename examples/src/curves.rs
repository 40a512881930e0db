use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use aivc_core::metrics::RatePoint;

/// Rate-distortion curves by codec, from a table of codec, setting, rate and quality with tabs
/// between them. Lines that begin with `#` are comments, and the first other line is the head.
///
/// # Errors
/// Those of the file system, and any line that is not like this.
pub fn read_curves(
    path: impl AsRef<Path>,
) -> Result<BTreeMap<String, Vec<RatePoint>>, Box<dyn Error>> {
    let text = fs::read_to_string(path)?;
    let mut curves = BTreeMap::<_, Vec<_>>::new();
    for line in text.lines().filter(|line| !line.starts_with('#')).skip(1) {
        let [codec, _, rate, quality] = line.split('\t').collect::<Vec<_>>()[..] else {
            return Err(format!("`{line}` has not four columns").into());
        };
        let point = RatePoint {
            rate: rate.parse()?,
            quality: quality.parse()?,
        };
        curves.entry(codec.to_owned()).or_default().push(point);
    }
    Ok(curves)
}
