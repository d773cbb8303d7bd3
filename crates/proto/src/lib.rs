#![doc = include_str!("../README.md")]
#![expect(
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    reason = "generated; the documentation stands in the .proto files"
)]

/// The descriptors of all files of `proto/`, for gRPC reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// `oruma.caller`: on whose behalf a call is made.
pub mod caller {
    /// Version 1.
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/oruma.caller.v1.rs"));
        include!(concat!(env!("OUT_DIR"), "/oruma.caller.v1.serde.rs"));
    }
}

/// `oruma.auth`: people, sign-ins, universities.
pub mod auth {
    /// Version 1.
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/oruma.auth.v1.rs"));
        include!(concat!(env!("OUT_DIR"), "/oruma.auth.v1.serde.rs"));
    }
}

/// `oruma.social`: posts, comments, likes, saves, feeds, blocks and reports.
pub mod social {
    /// Version 1.
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/oruma.social.v1.rs"));
        include!(concat!(env!("OUT_DIR"), "/oruma.social.v1.serde.rs"));
    }
}

/// `oruma.media`: files that people upload.
pub mod media {
    /// Version 1.
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/oruma.media.v1.rs"));
        include!(concat!(env!("OUT_DIR"), "/oruma.media.v1.serde.rs"));
    }
}

/// `oruma.events`: events that people organise, and who comes.
pub mod events {
    /// Version 1.
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/oruma.events.v1.rs"));
        include!(concat!(env!("OUT_DIR"), "/oruma.events.v1.serde.rs"));
    }
}

/// `oruma.marketplace`: things that people sell.
pub mod marketplace {
    /// Version 1.
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/oruma.marketplace.v1.rs"));
        include!(concat!(env!("OUT_DIR"), "/oruma.marketplace.v1.serde.rs"));
    }
}

/// `oruma.messaging`: conversations, messages and notifications.
pub mod messaging {
    /// Version 1.
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/oruma.messaging.v1.rs"));
        include!(concat!(env!("OUT_DIR"), "/oruma.messaging.v1.serde.rs"));
    }
}
