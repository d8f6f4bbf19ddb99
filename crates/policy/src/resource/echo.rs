//! `Microsoft.DSC.Debug/Echo`: says something, changes nothing; here so that documents that use it to explain
//! themselves mean the same.

use crate::{
    document::{Fields, Problem},
    node::Node,
};

pub(super) const TYPE: &str = "Microsoft.DSC.Debug/Echo";

pub(super) fn checked(node: Node) -> Result<(), Problem> {
    let mut fields = Fields::of(TYPE, node, &["output", "showSecrets"])?;
    if fields.any("output").is_none() {
        return Err(Problem::new(fields.at, "`output` is missing", "Add `output`."));
    }
    Ok(())
}
