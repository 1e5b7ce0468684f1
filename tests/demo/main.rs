//! The demo's parts: the way to its fleet, what it refuses, and its main job by the real program.

mod fleet;
mod liars;
mod play;
mod program;
mod refusals;
