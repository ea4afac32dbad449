//! Promises (empty until its cases come).
