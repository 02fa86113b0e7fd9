//! Work off the user-interface thread.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::time::Duration;

use assay_service::Waker;

/// Wakes the window: at most one frame every 16 ms, however many events arrive.
pub fn waker(ctx: &egui::Context) -> Waker {
    let ctx = ctx.clone();
    Arc::new(move || ctx.request_repaint_after(Duration::from_millis(16)))
}

/// A piece of work on its own thread, with one result.
#[derive(Debug)]
pub struct Task<T> {
    result: Receiver<T>,
}

impl<T: Send + 'static> Task<T> {
    /// Starts the work on a thread with a name; the window wakes up when it is done.
    ///
    /// # Errors
    /// When the operating system gives no thread.
    pub fn start(ctx: &egui::Context, name: &str, work: impl FnOnce() -> T + Send + 'static) -> std::io::Result<Self> {
        let (sender, result) = sync_channel(1);
        let wake = waker(ctx);
        std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            let value = work();
            // The window may be gone; then nobody waits for the result.
            sender.send(value).ok();
            wake();
        })?;
        Ok(Self { result })
    }

    /// The result once it is there; `None` while the work goes on.
    ///
    /// # Errors
    /// When the thread ended without a result.
    pub fn poll(&self) -> Result<Option<T>, String> {
        match self.result.try_recv() {
            Ok(value) => Ok(Some(value)),
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => Err("the work ended unexpectedly".to_owned()),
        }
    }
}
