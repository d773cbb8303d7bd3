//! What subscribers were told.

use std::sync::{Arc, Mutex};

use oruma_broker::{Event, HandleError, Handler};

/// Remembers the events that it is told.
#[derive(Clone, Default)]
pub struct Told(Arc<Mutex<Vec<Event>>>);

impl Told {
    /// What one service told, by its name.
    #[must_use]
    pub fn events_of(&self, service: &str) -> Vec<Event> {
        let source = format!("/oruma/{service}");
        let own = |event: &Event| event.source == source;
        self.events().into_iter().filter(own).collect()
    }

    /// All of it, in the order in which it came.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.0.lock().unwrap().clone()
    }
}

#[tonic::async_trait]
impl Handler for Told {
    async fn handle(&self, event: &Event) -> Result<(), HandleError> {
        self.0.lock().unwrap().push(event.clone());
        Ok(())
    }
}
