//! What a tracer sees of a dispatched call.
