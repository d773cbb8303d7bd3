//! How far a sale is, and to whom.

use futures::future::join_all;
use oruma_proto::marketplace::v1 as proto;
use oruma_rpc_error::{ErrorCode, RpcError};

use crate::support::{Market, change, id_of, invalid_fields, refused, student};

#[track_caller]
fn illegal<T: std::fmt::Debug>(result: Result<T, RpcError>) {
    refused(result, ErrorCode::Conflict, "illegal_status");
}

/// O-168: of nine steps two are taken, three change nothing, and four are refused and change nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_sale_goes_one_step_at_a_time_and_only_forward() {
    let market = Market::start().await;
    let ada = student(1);
    let statuses = ["available", "reserved", "sold"];
    let item = market.offer(&ada, "chair").await;
    for (nth, status) in statuses.iter().enumerate() {
        if nth > 0 {
            let stepped = market.step(&ada, &item, status, None).await.unwrap();
            assert_eq!(stepped.status, *status);
        }
        let before = market.get(&ada, &item.id).await.unwrap();
        let events = market.kinds().await;
        for (next, wanted) in statuses.iter().enumerate() {
            let answer = match next {
                same if same == nth => {
                    let same = market.step(&ada, &item, wanted, None).await.unwrap();
                    assert_eq!(same, before);
                    continue;
                }
                forward if forward == nth + 1 => continue,
                _ => market.step(&ada, &item, wanted, None).await,
            };
            illegal(answer);
        }
        assert_eq!(market.get(&ada, &item.id).await.unwrap(), before);
        assert_eq!(market.kinds().await, events);
    }
    let expected = [
        "item.created",
        "item.updated",
        "item.reserved",
        "item.updated",
        "item.sold",
    ];
    assert_eq!(market.kinds().await, expected);
}

/// O-168: of many who reserve for different buyers at once, one wins.
#[tokio::test(flavor = "multi_thread")]
async fn of_buyers_at_once_one_wins() {
    let market = Market::start().await;
    let ada = student(1);
    for round in 0..5 {
        let item = market.offer(&ada, "chair").await;
        let buyers: Vec<_> = (0..8).map(|nth| student(100 + round * 10 + nth)).collect();
        let steps = buyers
            .iter()
            .map(|buyer| market.step(&ada, &item, "reserved", Some(buyer)));
        let answers = join_all(steps).await;
        let won: Vec<String> = answers
            .iter()
            .filter_map(|answer| Some(answer.as_ref().ok()?.buyer_id.clone()))
            .collect();
        assert_eq!(won.len(), 1);
        for answer in answers {
            if answer.is_err() {
                illegal(answer);
            }
        }
        assert_eq!(market.get(&ada, &item.id).await.unwrap().buyer_id, won[0]);
    }
    let reserved = market.kinds().await;
    let reserved = reserved.iter().filter(|kind| *kind == "item.reserved");
    assert_eq!(reserved.count(), 5);
}

/// O-168: an item is reserved once, whatever happens at once; nobody is told twice.
#[tokio::test(flavor = "multi_thread")]
async fn an_item_is_reserved_once() {
    let market = Market::start().await;
    let ada = student(1);
    let item = market.offer(&ada, "chair").await;
    let steps = (0..10).map(|_| market.step(&ada, &item, "reserved", None));
    let answers = join_all(steps).await;
    assert!(answers.iter().any(Result::is_ok));
    for answer in answers {
        match answer {
            Ok(item) => assert_eq!(item.status, "reserved"),
            refused => illegal(refused),
        }
    }
    let expected = ["item.created", "item.updated", "item.reserved"];
    assert_eq!(market.kinds().await, expected);
}

/// O-168: a buyer is somebody else, named from the reservation on, and stays.
#[tokio::test(flavor = "multi_thread")]
async fn a_buyer_is_named_once() {
    let market = Market::start().await;
    let (ada, bob, eve) = (student(1), student(2), student(3));
    let item = market.offer(&ada, "chair").await;
    let named = |buyer: &str| proto::UpdateItemRequest {
        buyer_id: Some(buyer.to_owned()),
        ..change(&item)
    };
    for wrong in [id_of(&bob), id_of(&ada), "bob".to_owned()] {
        let answer = market.update(&ada, named(&wrong)).await;
        assert_eq!(invalid_fields(answer), ["buyer_id"]);
    }
    market.update(&ada, named("")).await.unwrap();
    market.step(&ada, &item, "reserved", None).await.unwrap();
    let known = market.update(&ada, named(&id_of(&bob))).await.unwrap();
    assert_eq!(known.buyer_id, id_of(&bob));
    illegal(market.update(&ada, named(&id_of(&eve))).await);
    illegal(market.step(&ada, &item, "sold", Some(&eve)).await);
    market.update(&ada, named("")).await.unwrap();
    let sold = market.step(&ada, &item, "sold", Some(&bob)).await.unwrap();
    assert_eq!((sold.status.as_str(), sold.buyer_id), ("sold", id_of(&bob)));
    // Seen by seller and buyer only.
    for (viewer, seen) in [
        (&ada, id_of(&bob)),
        (&bob, id_of(&bob)),
        (&eve, String::new()),
    ] {
        let item = market.get(viewer, &item.id).await.unwrap();
        assert_eq!(item.buyer_id, seen);
        let listed = market
            .list(viewer, proto::ListItemsRequest::default())
            .await;
        assert_eq!(listed.unwrap().items[0].buyer_id, seen);
    }
}
