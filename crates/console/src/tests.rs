//! Tests of the whole console, in process.
