#![doc = include_str!("../README.md")]
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that can't go on should fail at once and say why"
)]

mod balancer;
mod both_ways;
mod browser;
mod client;
mod collector;
mod deployment;
mod mail;
mod person;
mod ports;
mod process;
mod programs;
mod proxy;
mod raw;
mod reaper;
mod refusal;
mod servers;
mod socket;
mod tail;
mod tree;

pub use balancer::Balancer;
pub use browser::{Browser, Window};
pub use client::{Answer, Call, Client};
pub use collector::{Collected, Collector};
pub use deployment::{Deployment, INTERNAL_TOKEN, JWT_SECRET, Plan};
pub use mail::Letter;
pub use person::{Member, Person};
pub use ports::free_port;
pub use process::Process;
pub use programs::program;
pub use proxy::Proxy;
pub use raw::{RawAnswer, raw};
pub use refusal::{is_refusal, keys, refused};
pub use servers::{PrivateServers, rabbitmq_corner};
pub use socket::{Refused, Socket};
pub use tail::Tail;
pub use tree::tree;
