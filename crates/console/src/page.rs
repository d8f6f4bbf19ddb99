//! Where a page of a list begins: a text that the caller hands back, and that means nothing to them.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use console_api::{DEFAULT_PAGE, LARGEST_PAGE, Page};
use serde::{Serialize, de::DeserializeOwned};

use crate::problem::Refusal;

/// Returns how many entries a page holds.
pub(crate) fn size(limit: Option<u32>) -> Result<u32, Refusal> {
    match limit {
        None => Ok(DEFAULT_PAGE),
        Some(limit) if (1..=LARGEST_PAGE).contains(&limit) => Ok(limit),
        Some(limit) => {
            let fix = format!("Ask for 1 to {LARGEST_PAGE} entries, and for more pages.");
            Err(Refusal::not_valid("limit", format!("`limit` is {limit}."), fix))
        }
    }
}

/// Writes where a page begins.
pub(crate) fn write<T: Serialize>(place: &T) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(place).unwrap_or_default())
}

/// Reads where a page begins.
pub(crate) fn read<T: DeserializeOwned>(field: &str, text: Option<&str>) -> Result<Option<T>, Refusal> {
    let Some(text) = text else { return Ok(None) };
    let bytes = URL_SAFE_NO_PAD.decode(text).ok();
    match bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
        Some(place) => Ok(Some(place)),
        None => {
            let fix = "Send the `next` of the page before, or leave it out to begin.";
            Err(Refusal::not_valid(field, format!("`{field}` is not what a page returned."), fix))
        }
    }
}

/// Makes a page of what was read: one entry more than fits says that there is a next page.
pub(crate) fn of<T, P: Serialize>(mut items: Vec<T>, size: u32, place: impl Fn(&T) -> P) -> Page<T> {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let more = items.len() > size;
    items.truncate(size);
    let next = if more { items.last().map(|last| write(&place(last))) } else { None };
    Page { items, next }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_where_the_next_begins() {
        let page = of(vec![1, 2, 3], 2, |last| ("after", *last));
        assert_eq!(page.items, [1, 2]);
        let place: Option<(String, i32)> = read("after", page.next.as_deref()).expect("own text");
        assert_eq!(place, Some(("after".to_owned(), 2)));
        assert_eq!(of(vec![1, 2], 2, |last| *last).next, None);
    }

    #[test]
    fn what_no_page_returned_is_refused() {
        for text in ["", "!", "bm9uZQ"] {
            assert!(read::<(String, i32)>("after", Some(text)).is_err(), "{text}");
        }
        assert!(size(Some(0)).is_err() && size(Some(LARGEST_PAGE + 1)).is_err());
        assert_eq!(size(None).expect("the default"), DEFAULT_PAGE);
    }
}
