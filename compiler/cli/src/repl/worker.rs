//! Inputs on a thread of their own, so that Ctrl-C stops a computation and not the session.

use super::session::{Answer, Session};
use crate::{Failure, STACK};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, OnceLock};
use std::thread;

/// What the waiting side hears of.
enum Event {
    Done(Box<Outcome>),
    Interrupted,
}

/// What came of an input.
type Outcome = Result<(Vec<Answer>, Session), Failure>;

/// Who is told of Ctrl-C now.
static LISTENER: OnceLock<Mutex<Option<Sender<Event>>>> = OnceLock::new();

fn listener() -> &'static Mutex<Option<Sender<Event>>> {
    LISTENER.get_or_init(|| Mutex::new(None))
}

fn listen(to: Option<Sender<Event>>) {
    if let Ok(mut slot) = listener().lock() {
        *slot = to;
    }
}

/// From now on Ctrl-C interrupts computations instead of ending the program.
pub fn catch_interrupts() {
    let told = || {
        if let Ok(slot) = listener().lock()
            && let Some(to) = slot.as_ref()
        {
            // Whoever listened may be done by now.
            let _ = to.send(Event::Interrupted);
        }
    };
    // Where there are no signals, Ctrl-C ends the program.
    let _ = ctrlc::set_handler(told);
}

/// Does an input; `None` if it was interrupted: its thread is left behind with what it was working on.
///
/// # Errors
/// What the input says, or that it broke the compiler.
pub fn run(session: &Session, text: &str) -> Option<Outcome> {
    let (sender, events): (Sender<Event>, Receiver<Event>) = channel();
    listen(Some(sender.clone()));
    let (session, text) = (session.clone(), text.to_string());
    let work = move || {
        let outcome = super::step(&session, &text);
        let _ = sender.send(Event::Done(Box::new(outcome)));
    };
    let defect = || Some(Err(Failure::error("this broke the compiler").help("Please report it; the session goes on.")));
    let Ok(thread) = thread::Builder::new().stack_size(STACK).spawn(work) else {
        return defect();
    };
    let outcome = loop {
        match events.recv_timeout(std::time::Duration::from_millis(200)) {
            Ok(Event::Done(outcome)) => break Some(*outcome),
            Ok(Event::Interrupted) => break None,
            // The listener keeps the channel open: a thread that panicked is seen here.
            Err(_) if thread.is_finished() && events.try_recv().is_err() => break defect(),
            Err(_) => {}
        }
    };
    listen(None);
    outcome
}
