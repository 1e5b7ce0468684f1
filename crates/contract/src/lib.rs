//! The words the window, the command line and the core share.
