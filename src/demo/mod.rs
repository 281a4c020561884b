//! `usher demo`: three real nodes on this machine, with sample data, to see a cluster work and a leader die.
//!
//! `layout` says where everything lies, `nodes` starts and founds, `described` finds a demo that runs, `process` tells
//! the demo's processes from others, `sample` fills the cluster. A large one with a history is founded in the `past`, and
//! `history` is what happens there. What a person sees is the command line's.

mod described;
mod history;
mod layout;
mod nodes;
mod past;
mod process;
pub(crate) mod sample;

pub use history::Scale;
pub use layout::Layout;
pub use nodes::Demo;
