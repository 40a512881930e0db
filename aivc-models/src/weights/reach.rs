use aivc_entropy::{CdfTable, TableSet};

use super::WeightsError;

/// Checks that no table holds a value beyond ±`limit`.
///
/// # Errors
/// [`WeightsError::TableReach`], with the first that does.
pub(crate) fn check_reach(name: &str, tables: &TableSet, limit: i32) -> Result<(), WeightsError> {
    let beyond = |table: &&CdfTable| table.min() < -limit || table.max() > limit;
    let mut numbered = tables.tables().iter().enumerate();
    match numbered.find(|(_, table)| beyond(table)) {
        Some((index, table)) => Err(WeightsError::TableReach {
            name: name.to_owned(),
            table: index,
            minimum: table.min(),
            maximum: table.max(),
            limit,
        }),
        None => Ok(()),
    }
}
