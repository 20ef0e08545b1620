//! Loads run inside the request that asks for them: those that its fields ask for in one turn go in one statement, with no
//! clock to wait for, and none outlives the request.

use std::future::{self, Future};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use async_graphql::runtime::Timer;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use futures_util::task::{FutureObj, Spawn, SpawnError};

/// The loads that a request's fields have asked for, and that its next turn begins.
#[derive(Clone, Default)]
pub struct Gathering(Arc<Mutex<Vec<FutureObj<'static, ()>>>>);

impl Spawn for Gathering {
    fn spawn_obj(&self, load: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(load);
        Ok(())
    }
}

impl Gathering {
    /// Runs what may load. A load begins when every field that can go on has gone on, so that it takes all their keys; and
    /// when it ends, all its fields go on together, so that the next one does too.
    pub async fn run<T>(&self, execution: impl Future<Output = T>) -> T {
        let mut execution = pin!(execution);
        let mut loads = FuturesUnordered::new();
        future::poll_fn(|cx| {
            if let Poll::Ready(done) = execution.as_mut().poll(cx) {
                return Poll::Ready(done);
            }
            loads.extend(self.0.lock().unwrap_or_else(PoisonError::into_inner).drain(..));
            while let Poll::Ready(Some(())) = loads.poll_next_unpin(cx) {}
            Poll::Pending
        })
        .await
    }
}

/// The library's pause before a load. None is needed: a load begins after its fields' turn anyway.
pub struct Now;

impl Timer for Now {
    fn delay(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(future::ready(()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use async_graphql::dataloader::{DataLoader, Loader};
    use futures_util::future::join_all;

    use super::*;

    /// Notes how many keys each load takes.
    struct Noted(Arc<Mutex<Vec<usize>>>);

    impl Loader<u32> for Noted {
        type Value = u32;
        type Error = ();

        async fn load(&self, keys: &[u32]) -> Result<HashMap<u32, u32>, ()> {
            self.0.lock().expect("no panic").push(keys.len());
            // As a statement would, it ends on another thread.
            tokio::task::spawn_blocking(|| ()).await.expect("it ends");
            Ok(keys.iter().map(|key| (*key, key + 1_000)).collect())
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn what_many_fields_ask_for_in_one_turn_is_one_load_at_every_level() {
        for _ in 0..50 {
            let (gathering, noted) = (Gathering::default(), Arc::default());
            let loader = DataLoader::new(Noted(Arc::clone(&noted)), gathering.clone(), Now);
            let field = async |key: u32| {
                let parent = loader.load_one(key).await.expect("it loads").expect("it is there");
                std::thread::yield_now();
                loader.load_one(parent).await.expect("it loads").expect("it is there")
            };
            let fields = join_all((0..100).map(field));
            assert_eq!(gathering.run(fields).await, (2_000..2_100).collect::<Vec<_>>());
            assert_eq!(*noted.lock().expect("no panic"), [100, 100]);
        }
    }
}
