//! `usher demo`: three real nodes on this machine, with sample data, to see a cluster work and a leader die.
//!
//! `layout` says where everything lies, `nodes` starts and founds, `described` finds a demo that runs, `process` tells
//! the demo's processes from others, `sample` fills the cluster. What a person sees is the command line's.

mod described;
mod layout;
mod nodes;
mod process;
pub(crate) mod sample;

pub use layout::Layout;
pub use nodes::Demo;
