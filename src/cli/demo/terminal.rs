//! Single keys from a terminal, without waiting for Enter.

use std::io::{IsTerminal, Read};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::sync::mpsc;

/// A terminal that gives keys as they are pressed. Dropping it makes it as it was.
pub(super) struct Terminal {
    before: Termios,
    keys: mpsc::UnboundedReceiver<char>,
}

impl Terminal {
    /// Takes standard input, if that is a terminal.
    pub(super) fn take() -> Option<Self> {
        let input = std::io::stdin();
        if !input.is_terminal() || !std::io::stdout().is_terminal() {
            return None;
        }
        let before = tcgetattr(&input).ok()?;
        let mut single = before.clone();
        single.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
        tcsetattr(&input, OptionalActions::Now, &single).ok()?;
        let (send, keys) = mpsc::unbounded_channel();
        // Reading a terminal cannot be interrupted, so this thread ends with the process.
        std::thread::spawn(move || {
            let pressed = std::io::stdin().lock().bytes().map_while(Result::ok);
            let _ = pressed.map(char::from).try_for_each(|key| send.send(key));
        });
        Some(Self { before, keys })
    }

    /// The next key.
    pub(super) async fn key(&mut self) -> Option<char> {
        self.keys.recv().await
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &self.before);
    }
}
