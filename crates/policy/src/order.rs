//! The order in which resources run: each after all that it depends on, otherwise as they stand in the document.

use std::{cmp::Reverse, collections::BinaryHeap};

/// Returns the indices in running order, or the indices of a cycle. `depends_on[i]` holds what `i` depends on.
pub(crate) fn order(depends_on: &[Vec<usize>]) -> Result<Vec<usize>, Vec<usize>> {
    let mut missing: Vec<usize> = depends_on.iter().map(Vec::len).collect();
    let mut dependents = vec![Vec::new(); depends_on.len()];
    for (index, needed) in depends_on.iter().enumerate() {
        for need in needed {
            dependents[*need].push(index);
        }
    }

    let mut ready: BinaryHeap<_> =
        (0..depends_on.len()).filter(|index| missing[*index] == 0).map(Reverse).collect();
    let mut order = Vec::with_capacity(depends_on.len());
    while let Some(Reverse(index)) = ready.pop() {
        order.push(index);
        for dependent in &dependents[index] {
            missing[*dependent] -= 1;
            if missing[*dependent] == 0 {
                ready.push(Reverse(*dependent));
            }
        }
    }

    if order.len() == depends_on.len() { Ok(order) } else { Err(cycle(depends_on, &missing)) }
}

/// Follows what still waits until a resource comes a second time.
fn cycle(depends_on: &[Vec<usize>], missing: &[usize]) -> Vec<usize> {
    let mut path = Vec::new();
    let mut next = missing.iter().position(|count| *count > 0);
    while let Some(index) = next {
        if let Some(start) = path.iter().position(|seen| *seen == index) {
            path.drain(..start);
            break;
        }
        path.push(index);
        next = depends_on[index].iter().copied().find(|need| missing[*need] > 0);
    }
    path
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_needed_comes_first_and_the_rest_keeps_its_place() {
        assert_eq!(order(&[vec![2], vec![], vec![]]), Ok(vec![1, 2, 0]));
        assert_eq!(order(&[]), Ok(vec![]));
        assert_eq!(order(&[vec![], vec![0], vec![0, 1]]), Ok(vec![0, 1, 2]));
    }

    #[test]
    fn a_cycle_is_named_without_what_leads_to_it() {
        assert_eq!(order(&[vec![0]]), Err(vec![0]));
        assert_eq!(order(&[vec![1], vec![2], vec![1], vec![]]), Err(vec![1, 2]));
    }

    proptest! {
        #[test]
        fn an_order_has_each_once_after_its_needs(
            graph in (1usize..12).prop_flat_map(|n| prop::collection::vec(prop::collection::btree_set(0..n, 0..3), n))
        ) {
            let graph: Vec<Vec<usize>> = graph.into_iter().map(|needs| needs.into_iter().collect()).collect();
            match order(&graph) {
                Ok(order) => {
                    prop_assert_eq!(order.len(), graph.len());
                    for (position, index) in order.iter().enumerate() {
                        for need in &graph[*index] {
                            prop_assert!(order[..position].contains(need));
                        }
                    }
                }
                Err(cycle) => {
                    prop_assert!(!cycle.is_empty());
                    for (position, index) in cycle.iter().enumerate() {
                        prop_assert!(graph[*index].contains(&cycle[(position + 1) % cycle.len()]));
                    }
                }
            }
        }
    }
}
