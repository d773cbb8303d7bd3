//! What the service knows of a person, for that person.

use oruma_proto::marketplace::v1 as proto;
use oruma_test_kit::eventually;
use serde_json::json;

use crate::support::{Market, STANFORD, id_of, list_of, student, thing};

/// O-185: everything of the person, nothing of others, in the words of the contract.
#[tokio::test(flavor = "multi_thread")]
async fn an_export_holds_everything_of_one_person() {
    let market = Market::start().await;
    let (ada, bob) = (student(1), student(2));
    let request = proto::CreateItemRequest {
        price: "12.5".to_owned(),
        location: "Library".to_owned(),
        tags: list_of(&["wood"]),
        specifications: vec![
            proto::Specification {
                label: "legs".to_owned(),
                value: "4".to_owned(),
            },
            proto::Specification {
                label: "colour".to_owned(),
                value: "red".to_owned(),
            },
        ],
        ..thing("chair")
    };
    let own = market.create(&ada, request).await.unwrap();
    let bought = market.sell(&bob, Some(&ada)).await;
    let review = market.review(&ada, &bought.id, 5, "great").await.unwrap();
    market.review(&bob, &own.id, 1, "secret").await.unwrap_err();
    market
        .report(&ada, &bought.id, "odd", "very")
        .await
        .unwrap();
    market.report(&bob, &own.id, "secret", "").await.unwrap();
    market.save(&ada, &bought.id, None).await.unwrap();
    market.view(&ada, &bought.id).await.unwrap();
    eventually("the view is written", || async {
        market.write_analytics().await.unwrap();
        market.count("marketplace.item_views").await == 1
    })
    .await;
    let at = "2027-01-15T10:00:00.123Z";
    let expected = json!({
        "items": [{
            "id": own.id, "number": own.number, "university": STANFORD, "title": "chair", "description": "as good as any", "price": 12.5,
            "condition": "Good", "category": "things", "images": [], "location": "Library", "tags": ["wood"],
            "specifications": [{"label": "legs", "value": "4"}, {"label": "colour", "value": "red"}],
            "status": "available", "buyerId": null, "viewCount": 0, "saveCount": 0, "createdAt": at, "updatedAt": at,
        }],
        "saves": [{"itemId": bought.id, "createdAt": at}],
        "views": [{"itemId": bought.id, "createdAt": at}],
        "reviews": [{
            "id": review.id, "itemId": bought.id, "sellerId": id_of(&bob), "rating": 5, "comment": "great", "createdAt": at,
        }],
        "reports": [{"itemId": bought.id, "reason": "odd", "description": "very", "createdAt": at}],
    });
    assert_eq!(market.export(&ada).await, expected);
    let nothing = json!({"items": [], "saves": [], "views": [], "reviews": [], "reports": []});
    assert_eq!(market.export(&student(3)).await, nothing);
}
