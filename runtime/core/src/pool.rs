//! Threads. The number of parts into which work is cut depends on the number of threads only, never on timing.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

/// A number of threads. They have ended when it is dropped: the code that they run may then be unloaded.
pub struct Pool {
    threads: usize,
    pool: Option<rayon::ThreadPool>,
    workers: Vec<JoinHandle<()>>,
}

impl Pool {
    /// A pool of this many threads; one thread needs no pool.
    ///
    /// # Errors
    /// What the system says.
    pub fn new(threads: usize) -> Result<Pool, String> {
        let threads = threads.max(1);
        let mut workers = Vec::new();
        let pool = if threads == 1 {
            None
        } else {
            let spawn = |worker: rayon::ThreadBuilder| {
                workers.push(Builder::new().spawn(|| worker.run())?);
                Ok(())
            };
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .spawn_handler(spawn)
                .build();
            Some(pool.map_err(|e| e.to_string())?)
        };
        Ok(Pool { threads, pool, workers })
    }

    /// The pool of this many threads that all programs share.
    ///
    /// # Errors
    /// What the system says.
    pub fn shared(threads: usize) -> Result<Arc<Pool>, String> {
        static POOLS: Mutex<Vec<Arc<Pool>>> = Mutex::new(Vec::new());
        let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = pools.iter().find(|p| p.threads == threads.max(1)) {
            return Ok(pool.clone());
        }
        let pool = Arc::new(Pool::new(threads)?);
        pools.push(pool.clone());
        Ok(pool)
    }

    /// The number of threads.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Enters the pool: within `f`, [`Pool::run`] starts at once.
    pub fn enter<T: Send>(&self, f: impl FnOnce() -> T + Send) -> T {
        match &self.pool {
            Some(pool) => pool.install(f),
            None => f(),
        }
    }

    /// Runs `f(0), …, f(parts − 1)`, each once, side by side.
    pub fn run(&self, parts: usize, f: &(dyn Fn(usize) + Sync)) {
        if self.pool.is_none() || parts <= 1 {
            (0..parts).for_each(f);
        } else {
            split(0, parts, f);
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.pool = None;
        for worker in self.workers.drain(..) {
            // A worker that panicked has ended as well.
            let _ = worker.join();
        }
    }
}

fn split(low: usize, high: usize, f: &(dyn Fn(usize) + Sync)) {
    match high - low {
        0 => {}
        1 => f(low),
        n => {
            let middle = low + n / 2;
            rayon::join(|| split(low, middle, f), || split(middle, high, f));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pool;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn every_part_runs_once() {
        for threads in [1, 2, 3] {
            let pool = Pool::new(threads).unwrap();
            let hits: Vec<AtomicUsize> = (0..17).map(|_| AtomicUsize::new(0)).collect();
            pool.enter(|| pool.run(17, &|k| _ = hits[k].fetch_add(1, Ordering::Relaxed)));
            assert!(hits.iter().all(|h| h.load(Ordering::Relaxed) == 1));
        }
    }
}
