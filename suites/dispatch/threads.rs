//! Many threads, each with its own dispatch.
