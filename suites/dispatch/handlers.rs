//! Dispositions, masks and stacks: how SIGSYS is delivered.
