//! Long lists come in pages.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How many entries a page holds unless the caller asks otherwise.
pub const DEFAULT_PAGE: u32 = 100;

/// The most entries of a page: about 500 kB of devices, well below what a browser table shows at once.
pub const LARGEST_PAGE: u32 = 1000;

/// A page of a list.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// Send it as `after` to get the next page; absent on the last one. A page may be short and still have a next one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
