//! Nothing of dispatch survives into a child.
