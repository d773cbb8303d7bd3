#![doc = include_str!("../README.md")]

mod access_token;
mod caller;
mod channel;
mod clock;
mod credential;
mod env;
mod grpc_server;
mod process;
mod random;

pub use access_token::{AccessClaims, AccessTokenKey, TokenError};
pub use caller::{Caller, Contract, Role, SignedIn};
pub use channel::{Channel, ChannelConfig, GrpcClient, connect, in_process, in_process_for_files};
pub use clock::{Clock, ClockHand};
pub use credential::{DemandCredential, InternalCredential, ShowCredential};
pub use env::{ConfigError, Env};
pub use grpc_server::{GrpcListener, GrpcServer, InProcessListener, Readiness};
pub use process::{Command, Process, Stop, version_of};
pub use random::Random;
