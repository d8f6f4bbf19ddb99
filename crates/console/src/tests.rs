//! Tests of the whole console, in process: requests through the router, sites through their outbox, each story on three
//! databases where the store matters.

mod world;
mod life;
mod batches;
mod upload;
mod search;
mod cancel;
mod offboard;
mod repetition;
mod people;
mod roles;
mod audit;
mod problems;
mod tenants;
mod description;
mod live;
mod spans;
mod webhooks;
mod graph;
mod history;
mod waits;
