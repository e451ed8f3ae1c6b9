//! The server as its callers see it: over the router, and over sockets.

#![allow(missing_docs, reason = "a test is named by its rule")]

mod access;
mod answers;
mod attacks;
mod changes;
mod document;
mod filters;
mod problems;
mod serving;
mod streams;
mod support;
