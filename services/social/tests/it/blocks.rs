//! Who wants nothing to do with whom (K-19).

use chrono::TimeDelta;
use oruma_proto::social::v1 as proto;
use oruma_proto::social::v1::list_posts_request::Of;

use crate::support::{
    STANFORD, Social, admin, answered, id_of, invalid_fields, no_post, student, words,
};

async fn blocked(
    social: &Social,
    caller: &oruma_service_runtime::Caller,
    token: &str,
) -> proto::ListBlocksResponse {
    let request = caller.send(proto::ListBlocksRequest {
        page_size: 2,
        page_token: token.to_owned(),
    });
    answered(social.block_service().list_blocks(request).await).unwrap()
}

/// K-19: neither of the two sees a post of the other, by whatever way, until the block is taken back; third ones see both.
#[tokio::test(flavor = "multi_thread")]
async fn a_block_hides_posts_in_both_directions() {
    let social = Social::start().await;
    let (ada, bob, eve) = (student(1), student(2), student(3));
    let of_ada = social.post(&ada, "pizza by ada #food").await;
    let of_bob = social.post(&bob, "pizza by bob #food").await;
    social.save(&bob, &of_ada.id, Some(true)).await.unwrap();
    social.block(&ada, &id_of(&bob), true).await.unwrap();

    for (viewer, hidden, own) in [(&ada, &of_bob, &of_ada), (&bob, &of_ada, &of_bob)] {
        no_post(social.get(viewer, &hidden.id).await);
        no_post(social.like(viewer, &hidden.id, None).await);
        no_post(social.try_comment(viewer, &hidden.id, "", "hi").await);
        no_post(social.report(viewer, &hidden.id, "spam").await);
        for of in [
            None,
            Some(Of::University(STANFORD.to_owned())),
            Some(Of::Hashtag("food".to_owned())),
        ] {
            assert_eq!(social.texts(viewer, of).await, [own.content.as_str()]);
        }
        let author = Some(Of::AuthorId(hidden.author_id.clone()));
        assert!(social.texts(viewer, author).await.is_empty());
        assert_eq!(social.found(viewer, "pizza").await, [own.content.as_str()]);
    }
    assert!(social.texts(&bob, Some(Of::Saved(true))).await.is_empty());
    assert_eq!(social.found(&eve, "pizza").await.len(), 2);
    let all = social.search(&eve, words("pizza")).await.unwrap();
    assert_eq!(all.posts.len(), 2);
    social.delete(&admin(), &of_bob.id).await.unwrap();

    social.block(&ada, &id_of(&bob), false).await.unwrap();
    social.get(&bob, &of_ada.id).await.unwrap();
    let kinds = social.kinds().await;
    let told: Vec<&str> = kinds
        .iter()
        .map(String::as_str)
        .filter(|kind| kind.starts_with("user."))
        .collect();
    assert_eq!(told, ["user.blocked", "user.unblocked"]);
}

/// Repeating changes nothing and tells nothing; oneself can't be blocked, and nobody sees the blocks of others.
#[tokio::test(flavor = "multi_thread")]
async fn blocks_are_listed_newest_first_and_once() {
    let social = Social::start().await;
    let ada = student(1);
    for number in [2, 3, 4, 3] {
        social.clock.advance(TimeDelta::minutes(1));
        social
            .block(&ada, &id_of(&student(number)), true)
            .await
            .unwrap();
    }
    assert_eq!(social.kinds().await.len(), 3);
    let first = blocked(&social, &ada, "").await;
    let second = blocked(&social, &ada, &first.next_page_token).await;
    let listed: Vec<String> = first
        .blocks
        .into_iter()
        .chain(second.blocks)
        .map(|block| block.user_id)
        .collect();
    assert_eq!(listed, [4, 3, 2].map(|number| id_of(&student(number))));
    assert!(second.next_page_token.is_empty());
    assert!(blocked(&social, &student(2), "").await.blocks.is_empty());

    for _ in 0..2 {
        social
            .block(&ada, &id_of(&student(3)), false)
            .await
            .unwrap();
    }
    assert_eq!(social.kinds().await.len(), 4);
    assert_eq!(blocked(&social, &ada, "").await.blocks.len(), 2);
    assert_eq!(
        invalid_fields(social.block(&ada, &id_of(&ada), true).await),
        ["user_id"]
    );
    assert_eq!(
        invalid_fields(social.block(&ada, "nonsense", true).await),
        ["user_id"]
    );
}
