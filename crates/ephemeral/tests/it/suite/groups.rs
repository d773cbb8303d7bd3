//! Facts about presence.

use std::time::{Duration, Instant};

use futures::future::join_all;
use oruma_ephemeral::{Departure, Lease, Presence, SharedEphemeral};

use crate::support::{eventually, fresh};

const LONG: Lease = Lease {
    length: Duration::from_mins(1),
    grace: Duration::from_mins(1),
    memory: Duration::from_mins(10),
};

const SHORT: Lease = Lease {
    length: Duration::from_millis(300),
    grace: Duration::from_millis(200),
    memory: Duration::from_mins(10),
};

async fn hold(ephemeral: &SharedEphemeral, group: &str, holder: &str, lease: Lease) -> bool {
    let members = ["ada".to_owned()];
    let came = ephemeral
        .hold(group, holder, &members, lease)
        .await
        .unwrap();
    assert!(came.is_empty() || came == members);
    !came.is_empty()
}

async fn release(ephemeral: &SharedEphemeral, group: &str, holder: &str, lease: Lease) {
    let members = ["ada".to_owned()];
    ephemeral
        .release(group, holder, &members, lease)
        .await
        .unwrap();
}

async fn departed(ephemeral: &SharedEphemeral, group: &str) -> Vec<Departure> {
    ephemeral.departed(group, SHORT).await.unwrap()
}

async fn presence(ephemeral: &SharedEphemeral, group: &str) -> Presence {
    let members = ["ada".to_owned()];
    ephemeral.presence(group, &members).await.unwrap()[0]
}

pub(crate) async fn of_many_that_hold_a_member_one_is_told(
    one: &SharedEphemeral,
    other: &SharedEphemeral,
) {
    let group = fresh("group");
    assert_eq!(presence(one, &group).await, Presence::Gone(None));
    let holders: Vec<String> = (0..20).map(|count| format!("gateway-{count}")).collect();
    let holds = holders.iter().enumerate().map(|(count, holder)| {
        hold(
            if count % 2 == 0 { one } else { other },
            &group,
            holder,
            LONG,
        )
    });
    let told = join_all(holds).await;
    assert_eq!(told.into_iter().filter(|told| *told).count(), 1);
    assert_eq!(presence(other, &group).await, Presence::Here);
}

pub(crate) async fn a_released_member_leaves_after_the_grace_and_is_told_once(
    one: &SharedEphemeral,
    other: &SharedEphemeral,
) {
    let group = fresh("group");
    let lease = Lease {
        length: LONG.length,
        ..SHORT
    };
    assert!(hold(one, &group, "a", lease).await);
    let began = Instant::now();
    release(one, &group, "a", lease).await;
    let all = eventually_departed(one, other, &group).await;
    assert!(began.elapsed() >= SHORT.grace - Duration::from_millis(2));
    assert_eq!(all.len(), 1);
    assert!(departed(one, &group).await.is_empty());
    assert_eq!(
        presence(other, &group).await,
        Presence::Gone(Some(all[0].last_seen))
    );
    assert!(hold(other, &group, "b", lease).await);
}

/// Both ask until somebody has left.
async fn eventually_departed(
    one: &SharedEphemeral,
    other: &SharedEphemeral,
    group: &str,
) -> Vec<Departure> {
    let all = std::cell::RefCell::new(Vec::new());
    eventually(async || {
        let both = join_all([departed(one, group), departed(other, group)]).await;
        all.borrow_mut().extend(both.into_iter().flatten());
        !all.borrow().is_empty()
    })
    .await;
    all.into_inner()
}

pub(crate) async fn a_member_held_again_within_the_grace_stays(
    one: &SharedEphemeral,
    other: &SharedEphemeral,
) {
    let group = fresh("group");
    assert!(hold(one, &group, "a", LONG).await);
    release(one, &group, "a", LONG).await;
    assert!(!hold(other, &group, "b", LONG).await);
    assert!(departed(one, &group).await.is_empty());
    assert_eq!(presence(one, &group).await, Presence::Here);
}

pub(crate) async fn a_member_held_by_another_stays(one: &SharedEphemeral, other: &SharedEphemeral) {
    let group = fresh("group");
    let lease = Lease {
        grace: Duration::from_millis(1),
        ..LONG
    };
    assert!(hold(one, &group, "a", lease).await);
    assert!(!hold(other, &group, "b", lease).await);
    release(one, &group, "a", lease).await;
    // A second time, and for somebody who was never held, changes nothing.
    release(one, &group, "a", lease).await;
    release(one, &group, "c", lease).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(departed(one, &group).await.is_empty());
    release(other, &group, "b", lease).await;
    assert_eq!(eventually_departed(one, other, &group).await.len(), 1);
}

pub(crate) async fn a_lease_that_is_not_renewed_ends(
    one: &SharedEphemeral,
    other: &SharedEphemeral,
) {
    let group = fresh("group");
    let began = Instant::now();
    assert!(hold(one, &group, "a", SHORT).await);
    assert_eq!(eventually_departed(one, other, &group).await.len(), 1);
    assert!(began.elapsed() >= SHORT.length + SHORT.grace - Duration::from_millis(2));
}

pub(crate) async fn a_renewed_lease_does_not_end(one: &SharedEphemeral, other: &SharedEphemeral) {
    let group = fresh("group");
    let began = Instant::now();
    assert!(hold(one, &group, "a", LONG).await);
    while began.elapsed() < Duration::from_millis(100) {
        assert!(!hold(one, &group, "a", LONG).await);
        assert!(departed(other, &group).await.is_empty());
    }
}

pub(crate) async fn groups_do_not_mix(one: &SharedEphemeral, other: &SharedEphemeral) {
    let (group, another) = (fresh("group"), fresh("group"));
    assert!(hold(one, &group, "a", LONG).await);
    assert_eq!(presence(other, &another).await, Presence::Gone(None));
    assert!(hold(other, &another, "a", LONG).await);
}
