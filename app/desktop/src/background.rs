//! Work off the user-interface thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::time::Duration;

use assay_service::Waker;

/// Wakes the window: at most one frame every 16 ms, however many events arrive.
pub fn waker(ctx: &egui::Context) -> Waker {
    let ctx = ctx.clone();
    Arc::new(move || ctx.request_repaint_after(Duration::from_millis(16)))
}

/// How many pieces of work are under way for a window.
fn under_way(ctx: &egui::Context) -> Arc<AtomicUsize> {
    ctx.data_mut(|data| Arc::clone(data.get_temp_mut_or_default(egui::Id::unique("work under way"))))
}

/// Whether something is being worked out for a window in another thread, so that what it shows is about to change.
pub fn is_at_work(ctx: &egui::Context) -> bool {
    under_way(ctx).load(Ordering::Acquire) > 0
}

/// Counts a piece of work for as long as it lives, however it ends.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(ctx: &egui::Context) -> Self {
        let count = under_way(ctx);
        count.fetch_add(1, Ordering::AcqRel);
        Self(count)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
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
        let (wake, counted) = (waker(ctx), Counted::new(ctx));
        std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            let value = work();
            // The window may be gone; then nobody waits for the result.
            sender.send(value).ok();
            drop(counted);
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

/// A value that follows from a key, made anew off the user-interface thread when the key changes.
#[derive(Debug)]
pub struct Derived<K, V> {
    value: Option<(K, V)>,
    running: Option<(K, Task<V>)>,
}

impl<K, V> Default for Derived<K, V> {
    fn default() -> Self {
        Self { value: None, running: None }
    }
}

impl<K: PartialEq, V: Send + 'static> Derived<K, V> {
    /// Takes what is ready and starts what is missing; `prepare` collects what the work needs, the work it answers
    /// may take its time. Until it is over the previous value stays. Work that is `small` is done at once.
    pub fn update<W>(&mut self, ctx: &egui::Context, key: K, small: bool, prepare: impl FnOnce() -> W)
    where
        W: FnOnce() -> V + Send + 'static,
    {
        if let Some((made_from, task)) = self.running.take() {
            match task.poll() {
                Ok(Some(value)) => self.value = Some((made_from, value)),
                Ok(None) => self.running = Some((made_from, task)),
                // The work panicked: what was there stays, and the next change tries again.
                Err(_) => {}
            }
        }
        if self.running.is_some() || self.value.as_ref().is_some_and(|(made_from, _)| *made_from == key) {
            return;
        }
        let work = prepare();
        if small {
            self.value = Some((key, work()));
        } else if let Ok(task) = Task::start(ctx, "derive", work) {
            self.running = Some((key, task));
        }
    }

    /// The newest value.
    pub fn get(&self) -> Option<&V> {
        self.value.as_ref().map(|(_, value)| value)
    }

    /// Whether a newer value is being made.
    pub fn is_behind(&self) -> bool {
        self.running.is_some()
    }
}
