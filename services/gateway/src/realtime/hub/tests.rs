//! What sockets are told, in which order, and when.

use oruma_proto::messaging::v1 as messaging;
use oruma_proto::messaging::v1::MessageSentV1;
use oruma_service_runtime::Contract;
use uuid::Uuid;

use super::super::dialect::{Command, Rendered};
use super::super::happening::{Happening, Topic};
use super::super::socket::tests::opening;
use super::super::typing::Pace;
use super::*;
use crate::faces::Faces;
use crate::failure::Failure;

/// Frames that are plain words.
struct Words;

impl Dialect for Words {
    fn contract(&self) -> Contract {
        Contract::Oruma
    }

    fn happening(&self, happening: &Happening, _: &Faces, seq: u64) -> Option<Rendered> {
        let sent = match happening {
            Happening::MessageSent(sent) => sent,
            Happening::MemberAdded(_) => return Some(word("added", seq)),
            Happening::MemberRemoved(_) => return Some(word("removed", seq)),
            Happening::ChannelDeleted(_) => return Some(word("deleted", seq)),
            Happening::NotificationCreated(_) => return Some(word("notification", seq)),
            _ => return None,
        };
        Some(Rendered {
            frame: format!("{} {seq}", sent.content).into(),
            only: sent.receiver_id.parse().ok(),
        })
    }

    fn signal(&self, _: &Signal) -> Option<Frames> {
        Some(Frames::from_static(b"signal"))
    }

    fn connected(&self, seq: u64) -> Frames {
        format!("connected {seq}").into()
    }

    fn reload(&self, reason: Reload, seq: u64) -> Frames {
        format!("reload {} {seq}", reason.name()).into()
    }

    fn refusal(&self, _: &Failure) -> Frames {
        Frames::new()
    }

    fn pong(&self) -> Frames {
        Frames::new()
    }

    fn understand(&self, _: &[u8]) -> Result<Command, Failure> {
        Ok(Command::Ping)
    }

    fn pace(&self) -> Pace {
        Pace {
            expires_after: 3_000,
            told_every: 250,
        }
    }

    fn has_conversations(&self) -> bool {
        true
    }
}

fn word(word: &str, seq: u64) -> Rendered {
    Rendered {
        frame: format!("{word} {seq}").into(),
        only: None,
    }
}

fn ready() -> Hub {
    let hub = Hub::new(vec![Box::new(Words)]);
    hub.begin(0);
    hub.ready();
    hub
}

fn user(number: u128) -> UserId {
    UserId::from_uuid(Uuid::from_u128(number))
}

fn deliver(hub: &Hub, position: u64, to: u128) {
    let happening = Happening::MessageSent(MessageSentV1 {
        content: format!("m{position}"),
        receiver_id: user(to).to_string(),
        ..Default::default()
    });
    let entry = Entry {
        id: Uuid::from_u128(position.into()),
        audience: vec![Address::Person(user(to)), Address::Person(user(9))],
        happening,
        faces: Faces::default(),
        trace: None,
    };
    hub.deliver(position, Some(entry), 10, 0);
}

fn attach(hub: &Hub, of: u128, since: Option<u64>) -> Arc<Socket> {
    hub.attach(opening(of, since), 0).unwrap()
}

fn pulled(hub: &Hub, socket: &Socket) -> Vec<String> {
    let out = hub.pull(socket).into_iter();
    out.map(|one| String::from_utf8(one.frames.to_vec()).unwrap())
        .collect()
}

#[test]
fn a_socket_is_told_what_happens_from_then_on() {
    let hub = ready();
    deliver(&hub, 10, 1);
    let socket = attach(&hub, 1, None);
    assert_eq!(pulled(&hub, &socket), ["connected 10"]);
    deliver(&hub, 11, 1);
    deliver(&hub, 12, 2);
    deliver(&hub, 13, 1);
    assert_eq!(pulled(&hub, &socket), ["m11 11", "m13 13"]);
    assert!(pulled(&hub, &socket).is_empty());
}

#[test]
fn what_is_for_one_of_the_audience_is_told_to_nobody_else() {
    let hub = ready();
    let other = attach(&hub, 9, None);
    pulled(&hub, &other);
    deliver(&hub, 10, 1);
    assert!(pulled(&hub, &other).is_empty());
}

#[test]
fn with_a_cursor_all_that_was_missed_comes_first_each_once() {
    let hub = ready();
    for position in 1..=200 {
        deliver(&hub, position, 1);
    }
    let socket = attach(&hub, 1, Some(50));
    let mut all = Vec::new();
    for _ in 0..4 {
        all.extend(pulled(&hub, &socket));
        // Meanwhile more happens.
        deliver(&hub, 200 + all.len() as u64, 1);
    }
    all.extend(pulled(&hub, &socket));
    assert_eq!(all.first().unwrap(), "connected 50");
    let seqs: Vec<u64> = all
        .iter()
        .skip(1)
        .map(|one| one.split(' ').nth(1).unwrap().parse().unwrap())
        .collect();
    assert_eq!(&seqs[..150], (51..=200).collect::<Vec<u64>>());
    assert!(seqs.is_sorted_by(|one, next| one < next));
    assert!(seqs.len() > 150);
}

#[test]
fn an_idle_socket_is_not_too_slow_when_the_window_moves_on() {
    let hub = ready();
    let idle = attach(&hub, 1, None);
    pulled(&hub, &idle);
    for position in 1..=30_000 {
        deliver(&hub, position, 2);
    }
    deliver(&hub, 30_001, 1);
    assert_eq!(pulled(&hub, &idle), ["m30001 30001"]);
}

#[test]
fn whoever_falls_out_of_the_window_has_to_reload() {
    let hub = ready();
    let slow = attach(&hub, 1, None);
    pulled(&hub, &slow);
    for position in 1..=30_000 {
        deliver(&hub, position, 1);
    }
    assert_eq!(pulled(&hub, &slow), ["reload too_slow 30000"]);
    let late = attach(&hub, 1, Some(5));
    assert_eq!(pulled(&hub, &late), ["connected 5", "reload expired 30000"]);
    deliver(&hub, 30_001, 1);
    assert_eq!(pulled(&hub, &slow), ["m30001 30001"]);
    assert_eq!(pulled(&hub, &late), ["m30001 30001"]);
}

#[test]
fn a_cursor_ahead_of_this_gateway_is_told_nothing_twice() {
    let hub = ready();
    deliver(&hub, 10, 1);
    let socket = attach(&hub, 1, Some(12));
    assert_eq!(pulled(&hub, &socket), ["connected 12"]);
    deliver(&hub, 11, 1);
    deliver(&hub, 12, 1);
    assert!(pulled(&hub, &socket).is_empty());
    deliver(&hub, 13, 1);
    assert_eq!(pulled(&hub, &socket), ["m13 13"]);
}

#[test]
fn an_event_that_comes_twice_is_told_once() {
    let hub = ready();
    let socket = attach(&hub, 1, None);
    pulled(&hub, &socket);
    for position in [10, 11] {
        let entry = Entry {
            id: Uuid::from_u128(7),
            audience: vec![Address::Person(user(1))],
            happening: Happening::MessageSent(MessageSentV1::default()),
            faces: Faces::default(),
            trace: None,
        };
        hub.deliver(position, Some(entry), 1, 0);
    }
    assert_eq!(pulled(&hub, &socket).len(), 1);
}

#[test]
fn sockets_begin_once_the_window_is_whole() {
    let hub = Hub::new(vec![Box::new(Words)]);
    let (new, again) = (attach(&hub, 1, None), attach(&hub, 1, Some(10)));
    hub.begin(5);
    deliver(&hub, 10, 1);
    deliver(&hub, 11, 1);
    assert!(pulled(&hub, &new).is_empty() && pulled(&hub, &again).is_empty());
    hub.ready();
    assert_eq!(pulled(&hub, &new), ["connected 11"]);
    assert_eq!(pulled(&hub, &again), ["connected 10", "m11 11"]);
}

#[test]
fn another_reader_of_the_log_leaves_nothing_out_and_tells_nothing_twice() {
    let hub = ready();
    let socket = attach(&hub, 1, None);
    deliver(&hub, 10, 1);
    assert_eq!(pulled(&hub, &socket).last().unwrap(), "m10 10");
    hub.begin(5);
    deliver(&hub, 10, 1);
    deliver(&hub, 11, 1);
    assert!(pulled(&hub, &socket).is_empty());
    hub.ready();
    assert_eq!(pulled(&hub, &socket), ["m11 11"]);
    // Where it can't tell what came between, it says so.
    hub.begin(20);
    hub.ready();
    assert_eq!(pulled(&hub, &socket), ["reload too_slow 20"]);
}

#[test]
fn a_loss_is_told_to_all() {
    let hub = ready();
    let socket = attach(&hub, 1, None);
    pulled(&hub, &socket);
    hub.lost(40);
    assert_eq!(pulled(&hub, &socket), ["reload lost 40"]);
    deliver(&hub, 41, 1);
    assert_eq!(pulled(&hub, &socket), ["m41 41"]);
}

#[test]
fn closed_sockets_are_forgotten() {
    let hub = ready();
    let (mine, other) = (attach(&hub, 1, None), attach(&hub, 2, None));
    hub.close_session(mine.session);
    assert_eq!(
        (mine.closing(), other.closing()),
        (Some(Close::SignedOut), None)
    );
    assert!(!hub.has(user(1)) && hub.has(user(2)));
    hub.drain();
    assert_eq!(other.closing(), Some(Close::Restart));
    assert!(hub.people().is_empty() && hub.read().by_address.is_empty());
    assert_eq!(
        hub.attach(opening(1, None), 0).err(),
        Some(NotOpened::Draining)
    );
}

#[test]
fn one_person_has_a_bounded_number_of_sockets() {
    let hub = ready();
    let all: Vec<_> = (0..MOST_OF_A_PERSON)
        .map(|_| attach(&hub, 1, None))
        .collect();
    assert_eq!(
        hub.attach(opening(1, None), 0).err(),
        Some(NotOpened::TooMany)
    );
    hub.detach(&all[0]);
    hub.detach(&all[0]);
    attach(&hub, 1, None);
}

const ROOM: Uuid = Uuid::from_u128(77);

/// A socket of a contract that has larger conversations, whose person takes part in the room.
fn attach_to_room(hub: &Hub, of: u128, only: Option<Topic>) -> Arc<Socket> {
    let opening = Opening {
        has_conversations: true,
        only,
        ..opening(of, None)
    };
    let socket = hub.attach(opening, 0).unwrap();
    hub.subscribe(user(of), &[ROOM], hub.head());
    socket
}

fn tell(hub: &Hub, position: u64, audience: Vec<Address>, happening: Happening) {
    let entry = Entry {
        id: Uuid::from_u128(position.into()),
        audience,
        happening,
        faces: Faces::default(),
        trace: None,
    };
    hub.deliver(position, Some(entry), 10, 0);
}

fn say(hub: &Hub, position: u64) {
    let happening = Happening::MessageSent(MessageSentV1 {
        content: format!("m{position}"),
        ..Default::default()
    });
    tell(hub, position, vec![Address::Conversation(ROOM)], happening);
}

fn join(hub: &Hub, position: u64, of: u128) {
    let happening = Happening::MemberAdded(messaging::MemberAddedV1 {
        conversation_id: ROOM.to_string(),
        user_id: user(of).to_string(),
        ..Default::default()
    });
    let audience = vec![Address::Person(user(of)), Address::Conversation(ROOM)];
    tell(hub, position, audience, happening);
}

fn leave(hub: &Hub, position: u64, of: u128) {
    let happening = Happening::MemberRemoved(messaging::MemberRemovedV1 {
        conversation_id: ROOM.to_string(),
        user_id: user(of).to_string(),
        ..Default::default()
    });
    let audience = vec![Address::Person(user(of)), Address::Conversation(ROOM)];
    tell(hub, position, audience, happening);
}

fn close(hub: &Hub, position: u64) {
    let happening = Happening::ChannelDeleted(messaging::ChannelDeletedV1 {
        channel_id: ROOM.to_string(),
        ..Default::default()
    });
    tell(hub, position, vec![Address::Conversation(ROOM)], happening);
}

/// Joining and leaving take effect on open sockets at their place in the order, however late a socket reads.
#[test]
fn a_conversation_is_told_from_joining_to_leaving() {
    let hub = ready();
    let member = attach_to_room(&hub, 1, None);
    let stranger = hub
        .attach(
            Opening {
                has_conversations: true,
                ..opening(2, None)
            },
            0,
        )
        .unwrap();
    assert!(
        pulled(&hub, &stranger).is_empty(),
        "it is not known yet what it hears"
    );
    hub.subscribe(user(2), &[], hub.head());
    pulled(&hub, &member);
    pulled(&hub, &stranger);
    say(&hub, 10);
    assert!(pulled(&hub, &stranger).is_empty());
    join(&hub, 11, 2);
    say(&hub, 12);
    leave(&hub, 13, 2);
    say(&hub, 14);
    assert_eq!(
        pulled(&hub, &stranger),
        ["added 11", "m12 12", "removed 13"]
    );
    let all = ["m10 10", "added 11", "m12 12", "removed 13", "m14 14"];
    assert_eq!(pulled(&hub, &member), all);
    close(&hub, 15);
    say(&hub, 16);
    assert_eq!(pulled(&hub, &member), ["deleted 15"]);
    assert!(pulled(&hub, &stranger).is_empty());
}

/// On a replay, too, the person is told of a conversation only while that lasted.
#[test]
fn a_replay_knows_when_somebody_took_part() {
    let hub = ready();
    say(&hub, 10);
    join(&hub, 11, 1);
    say(&hub, 12);
    leave(&hub, 13, 1);
    say(&hub, 14);
    join(&hub, 15, 1);
    say(&hub, 16);
    let opening = Opening {
        has_conversations: true,
        ..opening(1, Some(1))
    };
    let socket = hub.attach(opening, 0).unwrap();
    let at = hub.head();
    // Said while the conversations were asked for.
    say(&hub, 17);
    hub.subscribe(user(1), &[ROOM], at);
    let told = [
        "connected 1",
        "added 11",
        "m12 12",
        "removed 13",
        "added 15",
        "m16 16",
        "m17 17",
    ];
    assert_eq!(pulled(&hub, &socket), told);
    say(&hub, 18);
    assert_eq!(pulled(&hub, &socket), ["m18 18"]);
}

#[test]
fn another_reader_of_the_log_moves_nobody_twice() {
    let hub = ready();
    let socket = attach_to_room(&hub, 1, None);
    pulled(&hub, &socket);
    leave(&hub, 10, 1);
    join(&hub, 11, 1);
    leave(&hub, 12, 1);
    assert_eq!(
        pulled(&hub, &socket),
        ["removed 10", "added 11", "removed 12"]
    );
    hub.begin(5);
    leave(&hub, 10, 1);
    join(&hub, 11, 1);
    hub.ready();
    say(&hub, 13);
    assert!(pulled(&hub, &socket).is_empty());
}

/// What was lost may have moved anybody: everybody is asked about again.
#[tokio::test]
async fn after_a_loss_conversations_are_asked_for_again() {
    let hub = ready();
    let socket = attach_to_room(&hub, 1, None);
    pulled(&hub, &socket);
    hub.lost(40);
    assert_eq!(hub.wanted().await, [user(1)].into());
    hub.subscribe(user(1), &[], hub.head());
    assert_eq!(pulled(&hub, &socket), ["reload lost 40"]);
    say(&hub, 41);
    assert!(pulled(&hub, &socket).is_empty());
}

#[test]
fn one_set_serves_all_sockets_of_a_person_and_goes_with_the_last() {
    let hub = ready();
    let contract_without = attach(&hub, 1, None);
    assert!(hub.read().memberships.is_empty());
    let (one, two) = (attach_to_room(&hub, 1, None), attach_to_room(&hub, 1, None));
    for socket in [&contract_without, &one, &two] {
        pulled(&hub, socket);
    }
    say(&hub, 10);
    assert!(pulled(&hub, &contract_without).is_empty());
    assert_eq!(pulled(&hub, &one), ["m10 10"]);
    hub.detach(&one);
    say(&hub, 11);
    assert_eq!(pulled(&hub, &two), ["m10 10", "m11 11"]);
    hub.detach(&two);
    assert!(hub.read().memberships.is_empty());
}

/// C-076…C-079: a namespace carries only its own.
#[test]
fn a_socket_may_listen_to_some_of_it_only() {
    let hub = ready();
    let sockets = [
        None,
        Some(Topic::Messages),
        Some(Topic::Notifications),
        Some(Topic::Presence),
    ]
    .map(|only| attach_to_room(&hub, 1, only));
    for socket in &sockets {
        assert_eq!(pulled(&hub, socket), ["connected 0"]);
    }
    say(&hub, 10);
    let notification = Happening::NotificationCreated(messaging::NotificationCreatedV1::default());
    tell(&hub, 11, vec![Address::Person(user(1))], notification);
    let told = sockets.each_ref().map(|socket| pulled(&hub, socket));
    let all = vec!["m10 10".to_owned(), "notification 11".to_owned()];
    assert_eq!(told[0], all);
    assert_eq!((&told[1][..], &told[2][..]), (&all[..1], &all[1..]));
    assert!(told[3].is_empty());
    let signal = Signal::Statuses(Vec::new());
    hub.signal(&[Address::Everyone], None, &signal, 0);
    let heard = sockets.each_ref().map(|socket| socket.take_waiting().len());
    assert_eq!(heard, [1, 0, 0, 1]);
}

#[test]
fn a_signal_to_a_conversation_reaches_who_takes_part() {
    let hub = ready();
    let (ada, ben) = (
        attach_to_room(&hub, 1, None),
        attach_to_room(&hub, 2, Some(Topic::Typing)),
    );
    let eve = attach(&hub, 3, None);
    let signal = Signal::Typing {
        user: user(1),
        name: "Ada".to_owned(),
        conversation: ROOM,
        is_typing: true,
    };
    hub.signal(&[Address::Conversation(ROOM)], Some(user(1)), &signal, 0);
    let heard = [&ada, &ben, &eve].map(|socket| socket.take_waiting().len());
    assert_eq!(heard, [0, 1, 0]);
}

#[test]
fn a_signal_reaches_all_but_one() {
    let hub = ready();
    let (ada, ben) = (attach(&hub, 1, None), attach(&hub, 2, None));
    let signal = Signal::Presence {
        user: user(1),
        is_online: true,
        last_seen: None,
    };
    hub.signal(&[Address::Everyone], Some(user(1)), &signal, 0);
    assert_eq!((ada.take_waiting().len(), ben.take_waiting().len()), (0, 1));
}
