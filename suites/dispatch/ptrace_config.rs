//! The ptrace requests that read and write a tracee's configuration.
